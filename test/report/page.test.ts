import { expect } from 'chai';
import { ownFrame, shortName } from '../../lab/analysis/model/own-frame.js';
import { placeFinder } from '../../lab/report/finding/places.js';
import { goroutineTable } from '../../lab/report/page/goroutine-table.js';
import { headlineOf } from '../../lab/report/page/headline.js';
import { jsonInMarkup } from '../../lab/report/page/page-file.js';
import { timelineOf } from '../../lab/report/page/timeline.js';
import type { RunReport } from '../../lab/report/run-report.js';
import { sourceLines } from '../../lab/report/source-lines.js';
import { articleDiagnosis } from '../checklist/article.js';
import { diagnosisLike } from '../fakes/diagnosis.js';
import { tempFolder } from '../temp-folder.js';
import { crowdedDiagnosis, storedRun } from './reports.js';
import { scenarioDiagnoses } from './scenario-diagnoses.js';

const article = articleDiagnosis();
const noParts = { roots: new Set<string>(), victims: new Set<string>() };

describe('the table of goroutines', () => {
  it('keeps every goroutine, its stack and where it was created', () => {
    const { texts, frames, nodes, groups, leftOut } = goroutineTable(article.groups, noParts, 1_000_000);
    expect(groups.count).to.deep.equal([1_000]);
    const path: string[] = [];
    for (let node = groups.node[0] ?? -1; node !== -1; node = nodes.parent[node] ?? -1) {
      path.push(texts[frames.function[nodes.frame[node] ?? -1] ?? -1] ?? '');
    }
    expect(path).to.deep.equal(['runtime.gopark', 'main.(*Metrics).CountS']);
    expect(leftOut).to.deep.equal({ groups: 0, goroutines: 0 });
  });

  it('has a line for each set of labels of a group, and no column where there are none', () => {
    const [group] = article.groups;
    if (group === undefined) throw new Error('no group');
    const set = { tenant: 'acme', handler: '/orders' };
    const labels = [
      { set, count: 3 },
      { set: { tenant: 'other' }, count: 1 },
    ];
    const { texts, groups } = goroutineTable(
      [
        { ...group, labels },
        { ...group, id: 'S2' },
      ],
      noParts,
      1_000_000,
    );
    expect(groups.labels?.map((text) => texts[text])).to.deep.equal([
      '3 x tenant=acme, handler=/orders\n1 x tenant=other',
      undefined,
    ]);
    expect(goroutineTable(article.groups, noParts, 1_000_000).groups).not.to.have.property('labels');
  });

  it('leaves out the smallest groups when there is no room, but none that a finding names', () => {
    const { groups } = crowdedDiagnosis(100_000, 1_000);
    const table = goroutineTable(groups, { ...noParts, victims: new Set(['S999']) }, 50_000);
    expect(table.groups.id[0]).to.equal('S999');
    expect(table.leftOut.groups).to.be.above(0);
    const kept = table.groups.count.reduce((sum, count) => sum + count, 0);
    const all = groups.reduce((sum, { count }) => sum + count, 0);
    expect(kept + table.leftOut.goroutines).to.equal(all);
    expect(JSON.stringify(table).length).to.be.below(60_000);
  });
});

describe('the first screen of a page', () => {
  for (const [name, diagnosis] of scenarioDiagnoses) {
    it(`of ${name} tells the cause in twelve words at most, none of them cut`, () => {
      const headline = headlineOf(diagnosis, diagnosis.summary);
      expect(headline.split(/\s+/).length).to.be.within(3, 12);
      expect(headline).to.not.contain('…');
    });
  }

  it('says of a healthy program that nothing is stuck, and of a run without a diagnosis what became of it', () => {
    expect(headlineOf(diagnosisLike({ verdict: 'none' }), '')).to.equal('No goroutine is stuck for ever');
    const words = 'one two three four five six seven eight nine ten eleven twelve thirteen';
    expect(headlineOf(undefined, words)).to.equal(`${words.replace(' thirteen', '')} …`);
  });
});

describe('source lines', () => {
  it('are those around the place, from where the file lies now', async () => {
    await using folder = await tempFolder();
    const { writeFile } = await import('node:fs/promises');
    await writeFile(folder.file('a.go'), Array.from({ length: 20 }, (_, i) => `line ${i + 1}`).join('\n'));
    const map = [{ from: '/build', to: folder.path }];
    const found = sourceLines(
      [
        { file: '/build/a.go', line: 10 },
        { file: '/build/a.go', line: 99 },
        { file: '/build/missing.go', line: 1 },
      ],
      map,
    );
    expect(Object.keys(found)).to.deep.equal(['/build/a.go:10']);
    expect(found['/build/a.go:10']).to.deep.include({ from: 6 });
    expect(found['/build/a.go:10']?.lines[4]).to.equal('line 10');
    expect(sourceLines([{ file: '/build/a.go', line: 10 }], undefined)).to.deep.equal({});
  });

  it('are read of no file that a core may have named for another reason', () => {
    const named = ['/etc/passwd', '/dev/zero', '../../etc/passwd', '/proc/self/environ'];
    expect(
      sourceLines(
        named.map((file) => ({ file, line: 1 })),
        [],
      ),
    ).to.deep.equal({});
  });
});

describe('the places that a text names', () => {
  const found = (text: string, files: readonly string[] = []) =>
    placeFinder(files)(text).map((place) => {
      expect(text.slice(place.start, place.end)).to.equal(`${place.file}:${place.line}`);
      return `${place.file}:${place.line}`;
    });

  it('are paths and lines, and nothing else that has a colon', () => {
    expect(
      found('at /src/app/a.go:20 (m.in), then example.com/app/b.go:3; not at 12:30 or c.go:1'),
    ).to.deep.equal(['/src/app/a.go:20', 'example.com/app/b.go:3']);
    expect(found('in main.(*Queue).Put (/src/größe/a.s:7)')).to.deep.equal(['/src/größe/a.s:7']);
  });

  it('keep spaces, parentheses and commas of a path whose file is known, or a folder above it', () => {
    const folder = '/home/a b/wörk dir (x, y)';
    const files = [`${folder}/odd/main.go`, '/usr/go/src/runtime/proc.go', `${folder}/odd/a b.go`];
    const text =
      `It would receive at ${folder}/odd/main.go:19 (d.in), but it sends at ${folder}/odd/main.go:16 in main.put; ` +
      `list ${folder}/odd/a b.go:2, ${folder}/other/unseen.go:5 (/usr/go/src/runtime/proc.go:463)`;
    expect(found(text, files)).to.deep.equal([
      ...[`${folder}/odd/main.go:19`, `${folder}/odd/main.go:16`, `${folder}/odd/a b.go:2`],
      ...[`${folder}/other/unseen.go:5`, '/usr/go/src/runtime/proc.go:463'],
    ]);
    expect(found(`below ${folder}/odd stands /src/z.go:1`, files)).to.deep.equal(['/src/z.go:1']);
    expect(found('at /build/app/main.go:1', ['app/main.go'])).to.deep.equal(['/build/app/main.go:1']);
  });
});

describe('the timeline of a run', () => {
  let storedRecord: RunReport;
  before(async () => {
    storedRecord = (await storedRun()).report;
  });

  it('has the moments in order and every series of a real run', async () => {
    const { report } = await storedRun();
    const timeline = timelineOf({ ...report, looks: report.looks ?? [], crowd: [], counts: [] });
    expect(timeline?.moments.map(({ label }) => label)).to.deep.equal([
      'load starts',
      'last byte',
      'verdict',
      'load ends',
      'capture',
    ]);
    expect(timeline?.cpu.t.length).to.be.above(5);
    expect(Math.max(...(timeline?.memory.v ?? []))).to.be.above(1e7);
    expect(timeline?.probes.some(({ kind }) => kind === 'timed-out')).to.equal(true);
    const verdict = timeline?.moments.find(({ label }) => label === 'verdict')?.t ?? 0;
    expect(timeline?.span).to.be.closeTo(verdict + 2, 0.01);
    expect(timeline?.phases.map(({ name }) => name)).to.deep.equal(['healthy', 'failing', 'hung']);
    expect(timeline?.phases.at(-1)).to.deep.equal({ name: 'hung', from: verdict, to: timeline?.span });
  });

  it('shows no answers after the last one', async () => {
    const { report } = await storedRun();
    const timeline = timelineOf({ ...report, looks: report.looks ?? [], crowd: [], counts: [] });
    const silent = timeline?.moments.find(({ label }) => label === 'last byte')?.t ?? 0;
    const { t = [], v = [] } = timeline?.requests ?? {};
    expect(Math.max(...v)).to.be.above(1_000);
    expect(v.filter((_, i) => (t[i] ?? 0) > silent && (v[i] ?? 0) > 0)).to.deep.equal([]);
  });

  it('spreads what the load counted late over the time before the last byte', () => {
    const at = (ms: number, responses: number) => ({
      ...{ at: ms, responses, requestsPerSecond: 0, errors: 0, timeouts: 0 },
      step: { connections: 1, pipelining: 1, workers: 1 },
    });
    const { record } = storedRecord;
    const outcome = { kind: 'hung', lastByteAt: 450 };
    const load = { state: 'done' as const, startedAt: '1970-01-01T00:00:00Z', ms: 1, result: { outcome } };
    const timeline = timelineOf({
      ...{ record: { ...record, stages: { load } }, probes: [], looks: [], crowd: [], counts: [] },
      samples: [at(0, 0), at(100, 100), at(200, 200), at(300, 300), at(400, 400), at(500, 450), at(600, 450)],
    });
    expect(timeline?.requests).to.deep.equal({
      t: [0, 0.1, 0.2, 0.3, 0.45, 0.451, 0.5, 0.6],
      v: [0, 1_000, 1_000, 1_000, 1_000, 0, 0, 0],
    });
  });

  it('counts the goroutines that came with the load, over those of the idle server', async () => {
    const { report } = await storedRun();
    const at = report.samples[0]?.at ?? 0;
    const counts = [8, 8, 1255, 6].map((goroutines, i) => ({ at: at + i * 1_000, goroutines }));
    const timeline = timelineOf({ ...report, looks: report.looks ?? [], crowd: [], counts });
    expect(timeline?.stuck.v).to.deep.equal([0, 0, 1247, 0]);
  });
});

describe('words of a page', () => {
  it('shorten a function to its package and name', () => {
    expect(shortName('net/http.(*conn).serve')).to.equal('http.(*conn).serve');
    expect(shortName('example.com/a/b.F[go.shape.struct { example.com/x }]')).to.match(
      /^b\.F\[|^example\.com/,
    );
    expect(shortName('main.run')).to.equal('main.run');
    expect(shortName('gopkg.in/tomb%2ev1.(*Tomb).Wait')).to.equal('tomb.v1.(*Tomb).Wait');
  });

  it('find the frame that waits, not those of the lock', () => {
    const names = [
      'runtime.gopark',
      'sync.runtime_SemacquireMutex',
      'internal/sync.(*Mutex).lockSlow',
      'sync.(*Mutex).Lock',
      'main.pay',
    ];
    expect(ownFrame(names.map((name) => ({ function: name })))?.function).to.equal('main.pay');
  });

  it('cannot end the element that they are in', () => {
    const text = jsonInMarkup({ a: '</script><!--<script>\u2028' });
    expect(text).to.not.match(/[<>\u2028]/);
    expect(JSON.parse(text)).to.deep.equal({ a: '</script><!--<script>\u2028' });
  });
});
