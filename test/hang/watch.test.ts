import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { pause, poll } from '../../lab/deadline.js';
import type { LabEvent } from '../../lab/events.js';
import { observeHang, watchForHang } from '../../lab/hang/observe.js';
import { autocannonDriver } from '../../lab/load/autocannon.js';
import type { LoadPlan } from '../../lab/load/plan.js';
import { buildGo, type GoProgram, hasGo, type Serving, serve } from '../go-program.js';
import { rejectsWith } from '../rejects.js';

const signal = new AbortController().signal;
const module = join(import.meta.dirname, '../../../test/fixtures/go/moody');
const plan: LoadPlan = {
  steps: [{ connections: 50, pipelining: 1, workers: 1 }],
  patienceMs: 1_000,
  durationMs: 3_000,
};

describe('Watching a real server', function () {
  this.timeout(30_000);
  let program: GoProgram;
  let server: Serving;

  before(async function () {
    this.timeout(120_000);
    if (!(await hasGo())) this.skip();
    program = await buildGo(module, '.');
  });
  after(async () => {
    await program?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    server = await serve([program.exe], program.folder, signal);
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
  });

  const put = (mood: string): Promise<Response> => fetch(`${server.url}mood/${mood}`, { signal });
  /** Watches without load and makes trouble once the server has been seen to answer. */
  const during = async (maxMs: number, trouble: () => Promise<unknown>) => {
    const events: LabEvent[] = [];
    const watching = watchForHang({ ...server, maxMs }, (event) => events.push(event), signal);
    await poll(() => (events.some(({ type }) => type === 'health') ? true : undefined), {
      signal,
      deadlineMs: 5_000,
      everyMs: 10,
    });
    await trouble();
    return { outcome: await watching, events };
  };

  it('finds a server hung-idle within a second of its last byte plus the probe timeout', async () => {
    const { outcome } = await during(10_000, () => put('block'));
    if (outcome.kind !== 'hung') throw new Error(`${outcome.kind}: ${outcome.why}`);
    expect(outcome.health).to.equal('hung-idle');
    expect(outcome.verdictAt - (outcome.lastByteAt ?? 0)).to.be.within(1_000, 2_000);
    expect(outcome.probes.at(-1)).to.include({ kind: 'timed-out', connected: true });
  });

  it('finds a server hung-busy that runs in a circle', async () => {
    const { outcome } = await during(15_000, () => put('spin'));
    expect(outcome, outcome.why).to.include({ kind: 'hung', health: 'hung-busy' });
  });

  it('finds a stopped server paused', async () => {
    const { outcome } = await during(10_000, () => server.process.kill('SIGSTOP'));
    expect(outcome.kind, outcome.why).to.equal('paused');
  });

  it('finds a killed server crashed, and tells how', async () => {
    const { outcome } = await during(10_000, () => server.process.kill('SIGKILL'));
    expect(outcome).to.deep.include({ kind: 'crashed', exit: { kind: 'killed', signal: 'SIGKILL' } });
  });

  it('finds a living server that stopped to accept refused', async () => {
    const { outcome } = await during(10_000, () => put('deaf'));
    expect(outcome.kind, outcome.why).to.equal('refused');
  });

  it('calls a server slow that answers late', async () => {
    const { outcome } = await during(2_500, () => put('late'));
    expect(outcome, outcome.why).to.include({ kind: 'no-hang', health: 'slow' });
  });

  it('gives no verdict on a server that is stopped for 900 ms', async () => {
    const { outcome } = await during(3_500, async () => {
      await server.process.kill('SIGSTOP');
      await pause(900, signal);
      await server.process.kill('SIGCONT');
    });
    expect(outcome.kind, outcome.why).to.equal('no-hang');
  });

  it('gives no verdict on two seconds of garbage collection', async () => {
    const { outcome } = await during(3_500, () => put('gc'));
    expect(outcome.kind, outcome.why).to.equal('no-hang');
  });

  it('gives no verdict on a server that shares its cores with two busy loops', async () => {
    const loops = [0, 1].map(() => execa(process.execPath, ['-e', 'for (;;) {}'], { reject: false }));
    try {
      const { outcome } = await during(3_500, async () => {});
      expect(outcome.kind, outcome.why).to.equal('no-hang');
    } finally {
      for (const loop of loops) loop.kill('SIGKILL');
      await Promise.all(loops);
    }
  });

  it('gives no verdict on a server while the lab itself stands still', async () => {
    const { outcome } = await during(3_500, async () => {
      const end = performance.now() + 2_000;
      while (performance.now() < end);
    });
    expect(outcome.kind, outcome.why).to.equal('no-hang');
  });

  it('ends the load with the verdict, and finds the server hung without it too', async () => {
    const events: LabEvent[] = [];
    const emit = (event: LabEvent) => {
      events.push(event);
      if (event.type === 'load-sample' && event.sample.responses > 0 && !moody) {
        moody = true;
        void put('block');
      }
    };
    let moody = false;
    const outcome = await observeHang({ ...server, driver: autocannonDriver, plan }, emit, signal);
    if (outcome.kind !== 'hung') throw new Error(`${outcome.kind}: ${outcome.why}`);
    expect(outcome.load?.steps).to.have.lengthOf(1);
    expect(outcome.load?.last?.responses).to.be.greaterThan(0);
    expect(outcome.afterLoad.map(({ kind }) => kind))
      .to.include('timed-out')
      .and.not.include('answered');
    expect(events.map(({ type }) => type)).to.include.members([
      'load-step',
      'load-sample',
      'probe',
      'health',
    ]);
  });

  it('says that nothing hung when the server bore the whole plan', async () => {
    const outcome = await observeHang({ ...server, driver: autocannonDriver, plan }, () => {}, signal);
    expect(outcome, outcome.why).to.include({ kind: 'no-hang', reason: 'plan-ended' });
  });

  it('leaves the question open when the load generator is killed', async () => {
    const killing: typeof autocannonDriver = {
      name: 'autocannon',
      async open(options, onSample, abort) {
        const session = await autocannonDriver.open(options, onSample, abort);
        for (const pid of session.pids) process.kill(pid, 'SIGKILL');
        return session;
      },
    };
    const error = await rejectsWith(
      'undecided',
      observeHang({ ...server, driver: killing, plan }, () => {}, signal),
    );
    expect(error.message).to.include('SIGKILL');
  });

  it('reports a server that dies under load as crashed', async () => {
    const emit = (event: LabEvent) => {
      if (event.type === 'load-sample' && event.sample.responses > 0) void server.process.kill('SIGKILL');
    };
    const outcome = await observeHang({ ...server, driver: autocannonDriver, plan }, emit, signal);
    expect(outcome.kind, outcome.why).to.equal('crashed');
  });

  it('ends as interrupted with its signal', async () => {
    const abort = new AbortController();
    const emit = (event: LabEvent) => event.type === 'load-sample' && abort.abort();
    await rejectsWith(
      'interrupted',
      observeHang({ ...server, driver: autocannonDriver, plan }, emit, abort.signal),
    );
  });
});
