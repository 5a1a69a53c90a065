import { expect } from 'chai';
import { checklist } from '../../lab/checklist/checklist.js';
import { checklistText } from '../../lab/report/checklist-text.js';
import { html } from '../../lab/report/html.js';
import { markdownCode } from '../../lab/report/markdown.js';
import type { PageData } from '../../lab/report/page-data.js';
import { diagnosisHtml, reportHtml } from '../../lab/report/report-html.js';
import { reportMarkdown } from '../../lab/report/report-markdown.js';
import type { RunReport } from '../../lab/report/run-report.js';
import { runText } from '../../lab/report/run-text.js';
import { articleDiagnosis } from '../checklist/article.js';
import { plainScreen } from '../fakes/screen.js';
import { evil, evilRun } from './evil-run.js';

describe('markup', () => {
  it('escapes whatever is put into it, lists too, and itself not twice', () => {
    const inner = html`<b title="${'"'}">${'<&'}</b>`;
    expect(html`<p>${inner}${[inner, 1, undefined, false]}</p>`.markup).to.equal(
      '<p><b title="&quot;">&lt;&amp;</b><b title="&quot;">&lt;&amp;</b>1</p>',
    );
  });
});

/** The JSON that a page carries. */
function dataIn(page: string): PageData {
  const text = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
  return JSON.parse(text);
}

describe('the page of a run', () => {
  it('lets no text of a run become markup', async () => {
    const told = { ...articleDiagnosis(), summary: evil };
    for (const page of [await reportHtml(evilRun, []), await diagnosisHtml(told, [])]) {
      expect(page.match(/<script/g)).to.have.length(2);
      expect(page).to.not.contain('<script>alert');
      expect(JSON.stringify(dataIn(page))).to.contain('<script>alert');
    }
  });

  it('needs no other file, and its own policy lets it load none', async () => {
    const page = await reportHtml(evilRun, []);
    const [markup = ''] = page.split('<script');
    expect(markup.replace(/<style>.*<\/style>/s, '')).to.not.match(/<(?:link|img|iframe)\b|\bsrc=|@import/);
    expect(page).to.match(/default-src &#39;none&#39;; script-src &#39;sha256-[\w+/]+=*&#39;/);
    expect(page).to.not.contain('unsafe-');
  });

  it('tells the verdict, the root cause, the proof, the timeline and the checklist', async () => {
    const { verdict, diagnosis, run } = dataIn(await reportHtml(evilRun, []));
    expect(verdict).to.equal('deadlock');
    const [finding] = diagnosis?.findings ?? [];
    expect(finding?.picture?.nodes.map(({ id }) => id)).to.deep.equal(['G20', 'R1', 'V']);
    expect(finding?.evidence[0]?.check).to.contain('goroutine 20');
    expect(diagnosis?.objects[0]?.address).to.equal('0xc000082480');
    expect(run?.timeline?.requests.v).to.deep.equal([0, 31_000, 0, 0]);
    expect(run?.checklist).to.have.length(4);
  });

  it('tells what the analysis has recorded of a group: its outlook, who could end its wait, the suspects, and who is slow', async () => {
    const releasers = [{ who: 'main.drain', counts: 'may' as const, why: 'a handler may call it' }];
    const suspects = [{ resource: 'R1', group: 'S1', text: '212 of 212 handlers wait to lock main.Feed.mu' }];
    const told = articleDiagnosis();
    const groups = told.groups.map((one) => ({ ...one, outlook: 'unclear' as const, releasers }));
    const slow = [
      {
        ...{ goroutine: 77, doing: 'reading', resources: ['main.Cache.mu'], waiting: 118, groups: ['S2'] },
        location: { function: 'main.(*Cache).load', file: '/cache.go', line: 25 },
        text: '118 goroutines wait for main.Cache.mu, held by goroutine 77',
      },
    ];
    const { diagnosis } = dataIn(await diagnosisHtml({ ...told, groups, suspects, slow }, []));
    expect(diagnosis?.slow).to.deep.equal([
      { groups: ['S2'], text: '118 goroutines wait for main.Cache.mu, held by goroutine 77' },
    ]);
    expect(diagnosis?.outlooks).to.deep.equal([{ group: 'S1', outlook: 'unclear', releasers }]);
    expect(diagnosis?.suspects).to.deep.equal(suspects);
    expect(dataIn(await diagnosisHtml(told, [])).diagnosis).to.deep.include({
      ...{ outlooks: [], suspects: [], slow: [] },
    });
  });

  it('is called a leak where the service still answered', async () => {
    const startedAt = '2018-12-02T10:00:00Z';
    const load = { state: 'done' as const, startedAt, ms: 1, result: { outcome: { kind: 'leaked' } } };
    const leaked = { ...evilRun, record: { ...evilRun.record, stages: { load } } };
    expect(dataIn(await reportHtml(leaked, [])).word).to.equal('Leak');
    expect(dataIn(await reportHtml(evilRun, []))).to.include({ word: 'Deadlock' });
    expect(dataIn(await reportHtml(evilRun, [])).run?.conclusion).to.include({ word: 'as expected' });
  });

  it('can be read where no scripts run', async () => {
    const page = await reportHtml(evilRun, []);
    expect(/<noscript>(.*?)<\/noscript>/s.exec(page)?.[1])
      .to.contain('deadlock[')
      .and.contain('(dlv) goroutine 20');
  });

  it('is a page, too, for a run that came to nothing', async () => {
    const { diagnosis: _, ...rest } = evilRun;
    const bare = {
      ...rest,
      record: { ...evilRun.record, conclusion: null },
      checklist: [],
      samples: [],
      probes: [],
    };
    expect(dataIn(await reportHtml(bare, [])).summary).to.equal('This run has no conclusion.');
    expect(reportMarkdown(bare)).to.contain('This run has no conclusion.');
  });
});

describe('the report as Markdown', () => {
  it('keeps every table row on its line and every text out of the markup', () => {
    const text = reportMarkdown(evilRun);
    expect(text).to.not.match(/(?<!\\)<script/);
    expect(text).to.not.match(/^# $/m);
    const rows = text.split('\n').filter((line) => line.startsWith('| '));
    for (const line of rows) expect(line, line).to.match(/ \|$/);
  });
});

describe('code in Markdown', () => {
  it('stays in its fence, whatever backticks it has', () => {
    expect(markdownCode('a|b')).to.equal('`a\\|b`');
    expect(markdownCode('``` x')).to.equal('```` ``` x ````');
  });
});

describe('the checklist as text', () => {
  it('fits 80 columns and says each outcome in words', () => {
    for (const rows of [evilRun.checklist, checklist({ fixed: false })]) {
      const lines = checklistText(rows, plainScreen).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(80);
    }
    const text = checklistText(evilRun.checklist, plainScreen);
    expect(text)
      .to.match(/^holds {4}A claim/m)
      .and.to.match(/^FAILS {4}A claim/m);
    expect(text)
      .to.match(/^differs {2}A claim/m)
      .and.to.match(/^unseen {3}A claim/m);
    expect(text).to.contain('4 claims: 1 hold; 1 differ, with the reason known; 1 fail; 1 not observed');
  });
});

describe('the report of a stampede', () => {
  const page = { answered: true, ms: 900, bytes: 67_108_864, goroutines: 82_000 };
  const seen = { rssBytes: 6.5e8, fds: 1_020 };
  const mark = {
    stuck: 100_000,
    requests: 99_000,
    ms: 37_000,
    before: seen,
    after: seen,
    count: page,
    list: page,
  };
  const stampede = {
    ...{
      protocol: 'http2',
      size: 100_000,
      clients: 5_000,
      patienceMs: 300,
      sources: 2,
      failed: 0,
      ms: 17_000,
    },
    ...{
      requests: 99_000,
      answered: 0,
      marks: [mark, { ...mark, list: { ...page, answered: false, why: evil } }],
    },
  };
  const startedAt = '2018-12-02T10:00:00Z';
  const load = { state: 'done' as const, startedAt, ms: 4_000, result: { stampede } };
  const sigquit = { goroutines: 100_000, endedAfterMs: null, ended: null, line: 3, bytes: 2e8 };
  const stop = {
    ...{ state: 'done' as const, startedAt, ms: 77_000 },
    result: { sigquit: { kind: 'seen', value: sigquit }, records: [] },
  };
  const crowded: RunReport = { ...evilRun, record: { ...evilRun.record, stages: { load, stop } } };

  it('shows what the crowd took at each size, and what SIGQUIT came to', () => {
    const text = reportMarkdown(crowded);
    expect(text).to.contain('| 100,000 | 37.0 s | 650 MB | 1,020 | 0.90 s | 82,000 | 67.1 MB | 0.90 s |');
    expect(text).to.contain('printed 100,000 goroutines, 200 MB, in 77.0 s and was not done');
    expect(text).to.contain('from 2 source addresses');
    expect(reportMarkdown(evilRun)).to.not.contain('stampede');
  });

  it('shows the same on the page', async () => {
    const { stampede } = dataIn(await reportHtml(crowded, [])).run ?? {};
    expect(stampede?.rows[0]?.slice(0, 4)).to.deep.equal(['100,000', '37.0 s', '650 MB', '1,020']);
  });
});

describe('the end of a run as text', () => {
  const { record, diagnosis } = evilRun;
  const done = { ...record, id: 'a-blog', conclusion: { ...conclusionOf('confirmed'), reasons: [] } };
  const files = [{ name: 'report.html', bytes: 1 }];
  const told = (parts: Partial<RunReport>): string =>
    runText({ ...evilRun, record: done, files, ...parts }, { ...plainScreen, dir: '/runs/a-blog' });

  it('is the first screen with the page, the conclusion in words, and the way to the claims: 25 lines', () => {
    const text = told({});
    const lines = text.trimEnd().split('\n');
    expect(lines.length, text).to.be.at.most(25);
    expect(lines[0]).to.match(/^deadlock\[self-blocked-consumer\]: goroutine 20 waits for itself/);
    expect(text)
      .to.match(/^ {2}proof {2}npx lab analyze --run \/runs\/a-blog --proof$/m)
      .and.to.match(/^ {2}page {3}\/runs\/a-blog\/report\.html$/m)
      .and.to.match(/^as expected: /m)
      .and.to.match(/^the article: 1 of 4 claims hold, 1 differ, 1 fail:/m)
      .and.to.include('npx lab checklist /runs/a-blog');
    expect(text).to.not.include('A claim that');
  });

  it('says what is different, or why it is inconclusive', () => {
    const reasons = ['class: expected a/b, found c/d'];
    const different = { ...conclusionOf('refuted'), summary: 'not the expected one', reasons };
    expect(told({ record: { ...done, conclusion: different } })).to.match(
      /^different: not the expected one\n- class: expected a\/b, found c\/d\n/m,
    );
    const open = { ...conclusionOf('unknown'), summary: 'the server was killed' };
    const { diagnosis: _, ...bare } = evilRun;
    const text = runText(
      { ...bare, record: { ...done, conclusion: open }, files },
      { ...plainScreen, dir: '/r' },
    );
    expect(text)
      .to.match(/^inconclusive: the server was killed\n/)
      .and.to.include('/r/report.html');
  });

  it('calls it a leak when the service still answered', () => {
    const startedAt = '2018-12-02T10:00:00Z';
    const load = { state: 'done' as const, startedAt, ms: 1, result: { outcome: { kind: 'leaked' } } };
    expect(told({ record: { ...done, stages: { load } }, ...(diagnosis && { diagnosis }) })).to.match(
      /^leak\[/,
    );
  });
});

function conclusionOf(verdict: 'confirmed' | 'refuted' | 'unknown') {
  return {
    verdict,
    exitCode: { confirmed: 0, refuted: 1, unknown: 2 }[verdict],
    summary: 'so',
    reasons: [] as string[],
  };
}
