import { expect } from 'chai';
import { checklist, checklistExitOk, countOutcomes } from '../../lab/checklist/checklist.js';
import type { ChecklistInput } from '../../lab/checklist/input.js';
import { notObserved, seen } from '../../lab/checklist/observation.js';
import type { Walk } from '../../lab/checklist/walk-record.js';
import { articleDiagnosis } from './article.js';

const id = 20;
const http = {
  tool: 'curl',
  at: Date.parse('2018-12-02T10:00:01Z'),
  status: null,
  ms: 5_001,
  message: '',
} as const;
const frame = (index: number, name: string, variables: { name: string; value: string }[] = []) => ({
  ...{ index, function: name, file: '/src/metrics.go', line: 100 + index, variables },
});

const walk: Walk = {
  listening: seen('127.0.0.1:44441'),
  list: seen({
    ...{ file: 'list_goroutines.json', bytes: 8e5, goroutines: 1_012, complete: true },
    keys: ['id', 'currentLoc', 'userCurrentLoc', 'goStatementLoc', 'startLoc', 'threadID'],
    first: { user: 'main.run', start: 'runtime.main' },
  }),
  table: seen(articleDiagnosis().userLocations),
  start: seen({
    ...{ function: 'main.(*Metrics).startInChannelConsumer', ids: [id], wrapper: null },
    listed: { user: 'main.(*Metrics).SetM', goStatement: 'main.NewMetrics' },
  }),
  stack: seen({
    ...{ goroutine: id, switched: true },
    frames: [
      frame(0, 'runtime.gopark'),
      frame(4, 'main.(*Metrics).SetM', [
        { name: 'key', value: '"metrics.raw_channel"' },
        { name: 'value', value: '100' },
      ]),
      frame(5, 'main.(*Metrics).sendMetricsToOutChannel'),
      frame(6, 'main.(*Metrics).startInChannelConsumer'),
    ],
  }),
  sending: notObserved('not asked'),
  records: [],
};

/** What the article saw, had it been this lab. */
const article: ChecklistInput = {
  fixed: false,
  listeningLine: 'server listening addr=:10080',
  load: {
    ...{ driver: 'wrk', step: { connections: 1_000, pipelining: 1, workers: 2 }, steps: 1 },
    ...{
      responses: 50_000,
      ms: 4_000,
      hungAfterMs: 1_900,
      health: 'hung-idle',
      endedAt: Date.parse('2018-12-02T10:00:00Z'),
    },
  },
  symptoms: {
    curl: seen({ ...http, exitCode: 28, timedOut: true, bytes: 0 }),
    pprof: seen({ ...http, exitCode: 28, timedOut: true, bytes: 0, goroutines: null }),
    gdb: seen({
      main: [{ index: 0, function: 'runtime.futex' }],
      threads: [
        { lwp: 1, function: 'runtime.futex' },
        { lwp: 2, function: 'runtime.epollwait' },
      ],
      ms: 300,
    }),
    records: [
      {
        ...{ id: 'curl', pipeline: [['curl', 'http://x/']], exitCode: 28, signal: null, timedOut: false },
        ...{ stdout: '', stderr: '', startedAt: '2018-12-02T10:00:01Z', durationMs: 5_001 },
      },
    ],
  },
  bundle: {
    ...{
      core: '/run/core.1628',
      exe: '/run/server',
      method: 'gcore',
      pid: 1_628,
      buildId: '',
      goVersion: '',
    },
    sha256: { core: '', exe: '' },
    size: { apparent: 1.2e9, onDisk: 4e7, dense: 1.2e9 },
    pausedMs: 900,
  },
  quit: { sigquit: seen({ goroutines: 0, endedAfterMs: null, ended: null, line: null }), records: [] },
  diagnosis: articleDiagnosis(),
  walk,
};

const outcomeOf = (input: ChecklistInput, rowId: string) => {
  const found = checklist(input).find((row) => row.id === rowId);
  if (found === undefined) throw new Error(`no row ${rowId}`);
  return found;
};

describe('the reproduction checklist', () => {
  it("holds for what the article saw, but for Delve's newer API and a process that was left running", () => {
    const others = checklist(article).filter(({ outcome }) => outcome !== 'holds');
    expect(others.map((row) => [row.id, row.outcome])).to.deep.equal([
      ['process-expendable', 'not-observed'],
      ['list-as-json', 'differs'],
    ]);
    expect(checklistExitOk(others)).to.equal(true);
  });

  it('has unique rows, each with the place of its evidence', () => {
    const rows = checklist(article);
    expect(new Set(rows.map((row) => row.id)).size).to.equal(rows.length);
    for (const { evidence } of rows) expect(evidence.file).to.match(/^[\w.]+$/);
  });

  it('says not observed, never holds, when nothing was looked at', () => {
    const rows = checklist({ fixed: false });
    expect(countOutcomes(rows)).to.deep.equal({
      holds: 0,
      differs: 0,
      fails: 0,
      'not-observed': rows.length,
    });
    expect(rows.every((row) => row.why !== undefined)).to.equal(true);
  });

  it('passes a missing tool on as the reason', () => {
    const symptoms = { ...article.symptoms, gdb: notObserved('gdb is not installed') };
    const input = { ...article, symptoms } as ChecklistInput;
    expect(outcomeOf(input, 'gdb-main-thread')).to.include({
      outcome: 'not-observed',
      why: 'gdb is not installed',
    });
  });

  it('does not count the own request of the lab as curl', () => {
    const curl = seen({ ...http, tool: 'lab' as const, exitCode: null, timedOut: true, bytes: 0 });
    const input = { ...article, symptoms: { ...article.symptoms, curl } } as ChecklistInput;
    expect(outcomeOf(input, 'curl-times-out').outcome).to.equal('not-observed');
  });

  it('differs, with the reason, where the compiler inlined and the diagnosis unfolds', () => {
    const table = seen([
      { function: 'main.(*handler).ServeHTTP', line: 113, count: 1_000 },
      { function: 'main.(*Metrics).startInChannelConsumer', line: 145, count: 1 },
    ]);
    const input = { ...article, walk: { ...walk, table } };
    expect(outcomeOf(input, 'table-counts')).to.include({ outcome: 'differs' });
    expect(outcomeOf(input, 'table-setm').why).to.contain('inlined');
    expect(outcomeOf(input, 'table-no-consumer').outcome).to.equal('differs');
  });

  it('reads the arguments from the value on its way where the frame lost them', () => {
    const frames = walk.stack.kind === 'seen' ? walk.stack.value.frames : [];
    const stack = seen({
      goroutine: id,
      switched: true,
      frames: frames.map((one) => ({ ...one, variables: [] })),
    });
    const sending = seen('main.Metric {\n\tKey: "metrics.raw_channel",\n\tValue: 100,}');
    expect(outcomeOf({ ...article, walk: { ...walk, stack, sending } }, 'arguments').outcome).to.equal(
      'differs',
    );
    expect(outcomeOf({ ...article, walk: { ...walk, stack } }, 'arguments').outcome).to.equal('not-observed');
  });

  it('tells a main thread that waits for the network from one that does anything else', () => {
    const main = (...names: string[]): ChecklistInput => {
      const frames = names.map((name, index) => ({ index, function: name }));
      const gdb = seen({ main: frames, threads: [], ms: 1 });
      return { ...article, symptoms: { ...article.symptoms, gdb } } as ChecklistInput;
    };
    expect(outcomeOf(main('runtime.epollwait', 'runtime.netpoll'), 'gdb-main-thread').outcome).to.equal(
      'differs',
    );
    expect(outcomeOf(main('main.spin', 'main.main'), 'gdb-main-thread').outcome).to.equal('fails');
  });

  it('fails when the server answers after the load, or the diagnosis is another', () => {
    const curl = seen({ ...http, exitCode: 0, timedOut: false, bytes: 120 });
    const answering = { ...article, symptoms: { ...article.symptoms, curl } } as ChecklistInput;
    expect(outcomeOf(answering, 'curl-times-out').outcome).to.equal('fails');
    expect(outcomeOf(answering, 'hung-after-load').outcome).to.equal('fails');
    const diagnosis = { ...articleDiagnosis(), verdict: 'none' as const, findings: [] };
    const rows = checklist({ ...article, diagnosis });
    expect(rows.find((row) => row.id === 'root-cause')?.outcome).to.equal('fails');
    expect(checklistExitOk(rows)).to.equal(false);
  });

  it('is short for the repaired twin, and fails when that one hangs', () => {
    const load = { ...article.load, hungAfterMs: null, health: 'healthy' } as ChecklistInput['load'];
    const symptoms = {
      curl: seen({ ...http, exitCode: 0, timedOut: false, bytes: 120, status: 200 }),
      pprof: seen({ ...http, exitCode: 0, timedOut: false, bytes: 900, status: 200, goroutines: 12 }),
      gdb: notObserved('not asked'),
      records: [],
    };
    const rows = checklist({ fixed: true, listeningLine: 'server listening addr=:1', load, symptoms });
    expect(rows.map((row) => row.outcome)).to.deep.equal(['holds', 'holds', 'holds', 'holds']);
    expect(checklistExitOk(checklist({ ...article, fixed: true }))).to.equal(false);
  });
});
