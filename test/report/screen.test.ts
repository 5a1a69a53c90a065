import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { createColors } from 'picocolors';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { ownFrame, ownLocations } from '../../lab/analysis/model/own-frame.js';
import { rules } from '../../lab/analysis/rules/index.js';
import { titledRules } from '../../lab/report/finding/titles.js';
import { channelMarkdown } from '../../lab/report/screen/channel-markdown.js';
import { diagnosisText } from '../../lab/report/screen/full-text.js';
import type { ScreenOptions } from '../../lab/report/screen/options.js';
import { screenText } from '../../lab/report/screen/screen.js';
import { columnsIn } from '../../lab/report/wrap.js';
import { acrossRule } from '../../lab/several/across-finding.js';
import { diagnosisLike } from '../fakes/diagnosis.js';
import { plainScreen } from '../fakes/screen.js';
import { scenarioDiagnoses, scenarioSources } from './scenario-diagnoses.js';

const screen: ScreenOptions = { ...plainScreen, sources: scenarioSources };
const diagnosisOf = (name: string): Diagnosis => {
  const found = scenarioDiagnoses.get(name);
  if (found === undefined) throw new Error(`no diagnosis of ${name}`);
  return found;
};
const linesOf = (text: string): string[] => text.trimEnd().split('\n');
/** What may be longer than a line: it is there to be copied. */
const isToCopy = (line: string): boolean => /npx lab|`|\/\S+\//.test(line);

describe('the first screen', () => {
  for (const [name, diagnosis] of scenarioDiagnoses) {
    it(`of ${name} has 25 lines of 80 columns at most: what, where, why, what to do`, () => {
      const text = screenText(diagnosis, { ...screen, page: 'report.html' });
      const lines = linesOf(text);
      expect(lines.length, text).to.be.at.most(25);
      const wide = lines.filter((line) => columnsIn(line) > 80 && !isToCopy(line));
      expect(wide).to.deep.equal([]);
      const [finding] = diagnosis.findings;
      const word = diagnosis.verdict === 'unknown' ? 'undecided' : '(?:deadlock|leak)';
      expect(lines[0]).to.match(new RegExp(`^${word}\\[${finding?.rule}\\]: `));
      const { function: place, line } = ownFrame(finding?.rootCause.goroutines[0]?.stack ?? []) ?? {};
      expect(text)
        .to.include(place?.split('/').at(-1))
        .and.to.match(new RegExp(`\\w\\.go:${line}\\b`));
      expect(text)
        .to.match(/^ {2}fix {2}\w/m)
        .and.to.match(/--proof/);
    });

    it(`of ${name} fits 40, 120 and 200 columns`, () => {
      for (const columns of [40, 120, 200]) {
        const lines = linesOf(screenText(diagnosis, { ...screen, columns }));
        expect(lines.filter((line) => columnsIn(line) > columns && !isToCopy(line))).to.deep.equal([]);
      }
    });

    it(`of ${name} names no frame of the library as the place of a goroutine`, () => {
      const text = screenText(diagnosis, screen);
      expect(text).to.not.match(/runtime_\w+|notifyListWait|runtime\.gopark/);
    });
  }

  it('quotes the source, marks the line and says what happens there', () => {
    const lines = linesOf(screenText(diagnosisOf('blog'), screen));
    const at = lines.findIndex((line) => / 60 \| {2}m\.inChannel <- metric$/.test(line));
    expect(lines[at - 1]).to.equal('  main.(*Metrics).SetM  metrics.go:60');
    expect(lines[at + 1]).to.match(/^ +\| {2}\^{21}$/);
    expect(lines[at + 2]).to.match(/^ +\| {2}G\d+ sends here; Metrics\.inChannel is full, 100 of 100$/);
    expect(lines.join('\n'))
      .to.match(/G(\d+) --sends to--> Metrics\.inChannel --drained only by--> G\1/)
      .and.to.match(/[\d,]+ goroutines are blocked behind it, in main\.\(\*Metrics\)\.CountS:48/);
  });

  it('says the same without the sources', () => {
    const text = screenText(diagnosisOf('blog'), plainScreen);
    expect(text).to.match(/metrics\.go:60\n {5}G\d+ sends here/);
    expect(text).to.not.include('m.inChannel <- metric');
  });

  it('tells a lock that is held from a writer that is queued first', () => {
    const text = screenText(diagnosisOf('catalog'), screen).replace(/\s+/g, ' ');
    expect(text).to.match(
      /G(\d+) --waits to read-lock--> Catalog\.mu --queued behind--> G(\d+) --waits to write-lock--> Catalog\.mu --held by--> G\1/,
    );
  });

  it('calls a leak so: where nobody waits behind it, or the service still answered', () => {
    const head = (name: string, answered = false) =>
      screenText(diagnosisOf(name), { ...screen, answered }).split('[')[0];
    for (const name of ['search', 'sessions', 'subscribe', 'export'])
      expect(head(name), name).to.equal('leak');
    for (const name of ['blog', 'gossip', 'follow', 'intake']) expect(head(name), name).to.equal('deadlock');
    expect(head('intake', true)).to.equal('leak');
  });

  it('has words for each rule', () => {
    expect(titledRules).to.have.members([...rules.map(({ name }) => name), acrossRule]);
  });

  it('tells a receive from a close, and a context without an end from a nil channel', () => {
    const intake = screenText(diagnosisOf('intake'), screen);
    expect(intake)
      .to.match(/close\(failed\)\n.*it would close each\.failed here/)
      .and.to.match(/return <-failed\n.*it should be receiving here/);
    expect(screenText(diagnosisOf('follow'), screen)).to.match(/<-ctx\.Done\(\)\n.*this context has no end/);
    expect(screenText(diagnosisOf('thumbnails'), screen)).to.include('--Done to be called by--> nobody left');
  });

  it('counts channels that have no name, and gives one of them for an example', () => {
    const whole = diagnosisOf('search');
    const findings = whole.findings.map((finding) => {
      const resources = finding.rootCause.resources
        .slice(0, 12)
        .map((one) => ({ ...one, name: `channel ${one.address}` }));
      return { ...finding, rule: 'unreachable-object', rootCause: { ...finding.rootCause, resources } };
    });
    const [{ address = '' } = {}] = findings[0]?.rootCause.resources ?? [];
    const text = diagnosisText({ ...whole, findings }, screen, { proof: true });
    expect(text.replace(/\s+/g, ' '))
      .to.include(`wait for 12 unbuffered channels (e.g. ${address}), which nothing alive reaches`)
      .and.to.match(/R1 to R12 12 unbuffered channels of \S+ \(e\.g\. 0x/);
    expect(text).to.not.match(/^ {6}R2 /m);
  });

  it('marks where a lock can be kept, when nobody is left who holds it', () => {
    expect(screenText(diagnosisOf('gossip'), screen)).to.match(
      /^ {2}merge_faulty\.go:\d+\n.*\n.*-+ it can return here without unlocking$/m,
    );
  });

  it('of several findings shows the first and names the others', () => {
    expect(screenText(diagnosisOf('images'), screen)).to.match(
      /^ {2}also leak\[forgotten-close\]: 8 goroutines/m,
    );
  });

  it('of a program without a deadlock says where its goroutines are', () => {
    const { groups } = diagnosisOf('feed');
    const text = screenText(diagnosisLike({ summary: 'No deadlock found: all 37 run.', groups }), screen);
    expect(text)
      .to.match(/^no deadlock: all 37 run\.\n/)
      .and.to.match(/^ {2}\d+ {2}main\.\(\*Feed\)\.\w+ {2}\w+\.go:\d+$/m)
      .and.to.match(/--verbose/);
  });

  it('says what becomes of the waits of a healthy program, where the analysis knows', () => {
    const groups = diagnosisOf('feed').groups.map((one, i) => ({
      ...one,
      count: 1_000,
      outlook: i < 2 ? ('ends' as const) : ('idle' as const),
    }));
    const text = screenText(diagnosisLike({ summary: 'No deadlock found: all is well.', groups }), screen);
    expect(text).to.include(`waits: 2,000 will end, ${(groups.length - 2).toLocaleString('en-US')},000 idle`);
  });

  it('of an undecided one gives the suspects and the advice before the limits, equal ones folded', () => {
    const suspect = '212 goroutines wait to lock main.Feed.mu (/build/app/feed.go:12)';
    const missing =
      '3 source files were not found, /build/app/main.go among them: pass --source-map or --go-root.';
    const limits = [1, 2, 3].map((id) => `The stack of goroutine ${id} could not be read: it is damaged.`);
    const text = screenText(
      diagnosisLike({
        verdict: 'unknown',
        summary: `Undecided: something could not be read: ${suspect}`,
        limits: [`somebody waits: ${suspect}`, ...limits, missing],
        suspects: [{ resource: 'R1', group: 'S3', text: suspect }],
      }),
      screen,
    );
    const order = [
      'undecided: something could not be read prime suspects',
      'S3 212 goroutines wait to lock main.Feed.mu (feed.go:12)',
      '--source-map /build/app=DIR',
      '(and 2 more like it)',
    ];
    const places = order.map((part) => text.replace(/\s+/g, ' ').indexOf(part));
    expect(places, text).to.not.include(-1);
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
    expect(text).to.not.include('were not found');
  });

  it('passes on the option that the analysis names for sources that are missing', () => {
    const advice = (limit: string): string =>
      /^ {2}do {2}(.*)$/m.exec(screenText(diagnosisLike({ limits: [limit] }), screen))?.[1] ?? '';
    const missing = '7 source files were not found, example.com/app/main.go among them';
    expect(
      advice(`${missing}. Run this again with --source-map example.com/app=DIR, where DIR has it.`),
    ).to.equal('say where the sources are now: `--source-map example.com/app=DIR`,');
    expect(advice(`${missing}: pass --source-map or --go-root.`)).to.include(
      '`--source-map example.com/app=DIR`',
    );
    expect(
      advice(
        '1 source file was not found, /go/src/sync/mutex.go among them. Run this again with --go-root DIR.',
      ),
    ).to.include('`--go-root DIR`');
  });

  it('asks for the unstripped file of a stripped program first', () => {
    const text = screenText(
      diagnosisLike({ verdict: 'unknown', summary: 'Undecided: the executable is stripped.' }),
      screen,
    );
    expect(text).to.match(/^ {2}do {2}pass the unstripped executable of the same build with `--exe`$/m);
  });

  it('is the same with colours, and links lead to the files', () => {
    const bare = screenText(diagnosisOf('feed'), screen);
    const rich = screenText(diagnosisOf('feed'), { ...screen, palette: createColors(true), links: true });
    const [, link = ''] = rich.split('\u001b]8;;');
    expect(link).to.match(/^file:\/\/\/\S*\/go-server\/feed\/send_faulty\.go\S{1}send_faulty\.go:10$/);
    expect(stripVTControlCharacters(rich)).to.equal(bare);
  });

  it('shows what a core has put into names, and does not obey it', () => {
    const evil = JSON.stringify(diagnosisOf('blog')).replaceAll('SetM', 'Set\\u001b[2JM\\u202e');
    const text = diagnosisText(JSON.parse(evil), plainScreen, { proof: true, verbose: true });
    expect(text).to.include('Set\\x1b[2JM\\u202e');
    expect(text).to.not.include('\u001b').and.to.not.include('\u202e');
  });
});

describe('what stands behind the first screen', () => {
  it('is with --proof each claim once, with the commands that show it', () => {
    for (const [name, diagnosis] of scenarioDiagnoses) {
      const text = diagnosisText(diagnosis, screen, { proof: true });
      const [finding] = diagnosis.findings;
      for (const { check } of finding?.evidence ?? []) {
        for (const command of check.split('; ')) expect(text, name).to.include(`(dlv) ${command}`);
      }
      const claims =
        text.match(/^ {6}E\d+(?:, E\d+)* .*(?:\n {10}(?!\(dlv\)).*)*\n(?: {10}\(dlv\) .*\n)+/gm) ?? [];
      const told = claims.map((claim) => claim.replace(/^ {6}[E\d, ]+ /, ''));
      expect(new Set(told).size, name).to.equal(told.length);
    }
    expect(diagnosisText(diagnosisOf('catalog'), screen, { proof: true })).to.match(/^ {6}E3, E7 /m);
  });

  it('is with --verbose each stack from the program’s own frame on, equal ones once, and the tables', () => {
    const text = diagnosisText(diagnosisOf('transfer'), screen, { verbose: true });
    expect(text)
      .to.match(/and 1 more goroutine with the same stack: G\d+/)
      .and.to.match(/\d frames of the runtime and the library, down to runtime\.gopark\n +\d+ {2}main\./)
      .and.to.match(/^Where the \d+ goroutines are$/m)
      .and.to.match(/^What goroutines wait for\n {2}O1 main\.Account\.mu: mutex at 0x/m);
    const wide = linesOf(text).filter((line) => columnsIn(line) > 80 && !isToCopy(line));
    expect(wide).to.deep.equal([]);
  });
});

describe('a diagnosis for an incident channel', () => {
  it('is ten lines of Markdown at most: verdict, place, counts, fix, build ID', () => {
    for (const [name, diagnosis] of scenarioDiagnoses) {
      const lines = linesOf(channelMarkdown(diagnosis, screen));
      expect(lines.length, name).to.be.at.most(10);
      expect(lines[0], name).to.match(
        diagnosis.verdict === 'unknown'
          ? /^\*\*undecided\*\* \(suspected\): /
          : /^\*\*(?:deadlock|leak)\*\* \((?:strong|proved)\): /,
      );
      for (const part of ['where', 'blocked behind it', 'fix', 'program', 'proof']) {
        expect(
          lines.filter((line) => line.startsWith(`- ${part}: `)),
          `${name}: ${part}`,
        ).to.have.length(1);
      }
      expect(lines.join('\n')).to.include(`build ID \`${diagnosis.process.buildId}\``);
    }
  });

  it('has no markup that a core brought along, and speaks of a healthy program too', () => {
    const evil = JSON.stringify(diagnosisOf('gossip')).replaceAll('Members.mu', 'Members.<b>*mu*');
    expect(channelMarkdown(JSON.parse(evil), screen)).to.include('Members.\\<b\\>\\*mu\\*');
    const healthy = diagnosisLike({ summary: 'No deadlock found: all is well.' });
    expect(channelMarkdown(healthy, screen)).to.match(
      /^\*\*no deadlock\*\*: all is well\.\n- goroutines: 10 goroutines, 10 blocked\n/,
    );
  });
});

describe('a goroutine’s own place', () => {
  it('is its first frame outside of the library, by path where a module is named as a package', () => {
    const frame = (name: string, file: string) => ({ function: name, file, line: 1 });
    const lock = frame('sync.runtime_SemacquireMutex', '/go/src/runtime/sema.go');
    const own = frame('example.com/a/net.(*T).Do', '/home/me/net/t.go');
    expect(ownFrame([lock, frame('net/http.(*T).x', '/go/src/net/http/x.go'), own])).to.equal(own);
    const main = frame('image/resize.Do', '/home/me/image/resize/do.go');
    expect(ownFrame([lock, main])).to.equal(main);
    const idle = frame('net.(*netFD).Read', '/go/src/net/fd.go');
    expect(ownFrame([frame('internal/poll.runtime_pollWait', '/go/src/runtime/netpoll.go'), idle])).to.equal(
      idle,
    );
    expect(ownLocations(diagnosisOf('catalog').groups)[0]?.function).to.equal('main.(*Catalog).Price');
  });
});
