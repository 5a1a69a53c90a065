import { expect } from 'chai';
import type { LabEvent } from '../../lab/events.js';
import type { CrowdSample } from '../../lab/stampede/facts.js';
import { lookAtCount } from '../../lab/stampede/look.js';
import { type StampedeOptions, stampede, stuckNow } from '../../lab/stampede/stampede.js';
import { localTarget } from '../../lab/targets/local.js';
import { buildStuck, type StuckProgram, type StuckServer } from '../checklist/stuck-server.js';

const { signal } = new AbortController();

describe('a stampede', function () {
  this.timeout(120_000);
  let program: StuckProgram | undefined;

  before(async function () {
    program = await buildStuck(localTarget());
    if (program === undefined) this.skip();
  });

  after(async () => {
    await program?.[Symbol.asyncDispose]();
  });

  async function against(
    hang: boolean,
    act: (server: StuckServer, options: StampedeOptions) => Promise<void>,
  ) {
    if (program === undefined) throw new Error('no program');
    await using server = await program.start({ hang });
    const gone = new AbortController();
    void server.process.exited.then(() => gone.abort());
    const idle = await lookAtCount(server.pprofUrl, 5_000, signal);
    await act(server, {
      ...{ pid: server.process.identity.pid, url: server.url, pprofUrl: server.pprofUrl, gone: gone.signal },
      ...{ protocol: 'http1', size: 300, clients: 100, patienceMs: 50, idleGoroutines: idle.goroutines },
    });
  }

  it('leaves as many stuck handlers as were asked for, and tells what they take', async () => {
    await against(true, async (_, options) => {
      const samples: CrowdSample[] = [];
      const emit = (event: LabEvent): void => {
        if (event.type === 'crowd-sample') samples.push(event.sample);
      };
      const facts = await stampede(options, emit, signal);
      expect(facts).to.include({ answered: 0, size: 300, sources: 1 });
      expect(await stuckNow(options, signal)).to.be.within(300, 310);
      const mark = facts.marks.at(-1);
      expect(mark?.stuck).to.be.within(300, 310);
      expect(mark?.before.fds).to.be.above(300);
      expect(mark?.list?.answered).to.equal(true);
      expect(mark?.list?.goroutines).to.be.within(300, 330);
      expect(samples).to.not.deep.equal([]);
    });
  });

  it('leaves nothing in a server that answers, which gets as many requests', async () => {
    await against(false, async (_, options) => {
      const facts = await stampede({ ...options, patienceMs: 5_000 }, () => {}, signal);
      expect(facts).to.include({ requests: 300, answered: 300 });
      expect(await stuckNow(options, signal)).to.be.below(20);
    });
  });

  it('ends when the server is killed under it', async () => {
    await against(true, async (server, options) => {
      const sending = stampede({ ...options, size: 50_000 }, () => {}, signal);
      await server.process.kill('SIGKILL');
      const facts = await sending;
      expect(facts.requests).to.be.below(50_000);
    });
  });
});
