import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { findBalancer } from '../../lab/fleet/balancer/index.js';
import { listRuns, openRun, type Run } from '../../lab/store/run-store.js';
import { localTarget } from '../../lab/targets/local.js';
import { type LabProcess, orphansOf, startLab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

describe('a fleet that is disturbed', function () {
  this.timeout(180_000);
  let folder: TempFolder;
  let env: Record<string, string>;
  const runsBefore = process.env['LAB_RUNS'];

  before(async function () {
    const found = await findBalancer(localTarget(), 'haproxy', signal).catch(() => undefined);
    if (found === undefined) this.skip(); // haproxy is not installed
  });

  beforeEach(async () => {
    folder = await tempFolder();
    process.env['LAB_RUNS'] = folder.path;
    env = { LAB_RUNS: folder.path };
  });

  afterEach(async () => {
    if (runsBefore === undefined) delete process.env['LAB_RUNS'];
    else process.env['LAB_RUNS'] = runsBefore;
    await folder[Symbol.asyncDispose]();
  });

  const start = (...options: readonly string[]): LabProcess =>
    startLab(['run', 'fleet', '--instances', '2', ...options], env);

  const theRun = async (): Promise<Run> => {
    const [dir] = await listRuns();
    if (dir === undefined) throw new Error('no run was saved');
    return await openRun(dir);
  };

  /** Ends as inconclusive, with its evidence kept and nothing of it running. */
  const endsOpen = async (running: LabProcess, reason: RegExp): Promise<Run> => {
    const { exitCode, stdout, stderr } = await running.ended;
    expect(exitCode, `${stdout}\n${stderr}`).to.equal(2);
    expect(await orphansOf(running)).to.deep.equal([]);
    const run = await theRun();
    expect(run.record.conclusion?.verdict).to.equal('unknown');
    expect(run.record.conclusion?.reasons.join('\n')).to.match(reason);
    for (const file of ['fleet.jsonl', 'fleet.json', 'report.html', 'balancer.log']) {
      expect(existsSync(join(run.dir, file)), file).to.equal(true);
    }
    return run;
  };

  /** Whatever else happens: the conclusion does not wait for hangs. */
  const briefly = ['--load-timeout', '8'] as const;

  it('is inconclusive when the balancer is killed', async () => {
    const running = start(...briefly);
    await running.said('requests/s through the balancer');
    process.kill((await running.child(/haproxy\.cfg/)).pid, 'SIGKILL');
    await endsOpen(running, /the balancer: the process was ended by SIGKILL/);
  });

  it('is inconclusive when an instance is killed, and the others go on', async () => {
    const running = start(...briefly);
    await running.said('requests/s through the balancer');
    process.kill((await running.child(/--addr=/)).pid, 'SIGKILL');
    await endsOpen(running, /i[12]: the process was ended by SIGKILL/);
  });

  it('is inconclusive when an instance is killed while its core is taken', async () => {
    const running = start();
    const taking = await running.child(/ core --pid \d+/, 120_000);
    process.kill(Number(/--pid (\d+)/.exec(taking.commandLine)?.[1]), 'SIGKILL');
    await endsOpen(running, /i[12] has no core|i[12]: the process was ended by SIGKILL/);
  });

  it('tells a host that is gone from an instance that hangs', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const running = start('--hosts', 'namespaces', ...briefly);
    await running.said('requests/s through the balancer');
    const holder = await running.child(/^cat$/);
    const inside = [`--net=/proc/${holder.pid}/ns/net`, 'ip', 'link', 'set', 'eth0', 'down'];
    await execa('nsenter', inside);
    await endsOpen(running, /i[12]: (no connection to it comes about|it answers here)/);
    expect(Object.keys(networkInterfaces())).not.to.contain(`lab${holder.pid}`);
  });

  it('ends everything at Ctrl-C and says where the evidence lies', async () => {
    const running = start();
    await running.said('requests/s through the balancer');
    running.kill('SIGINT');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode, stderr).to.equal(130);
    expect(await orphansOf(running)).to.deep.equal([]);
    expect(stderr).to.contain((await theRun()).dir);
  });

  it('leaves nothing running when the lab itself is killed', async () => {
    const running = start();
    await running.said('requests/s through the balancer');
    running.kill('SIGKILL');
    await running.ended;
    const gone = await poll(() => (running.children().length === 0 ? true : undefined), {
      ...{ signal, deadlineMs: 10_000, everyMs: 50 },
    });
    expect(
      gone,
      running
        .children()
        .map(({ commandLine }) => commandLine)
        .join('\n'),
    ).to.equal(true);
  });

  it('says how a missing balancer is installed', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const { path } = await findBalancer(localTarget(), 'haproxy', signal);
    const hide = `mount --bind /dev/null ${path} && exec "$@"`;
    const inFront = ['unshare', '--mount', 'sh', '-c', hide, 'sh'];
    const running = startLab(['run', 'fleet'], env, { inFront });
    const { exitCode, stderr } = await running.ended;
    expect(exitCode).to.equal(69);
    expect(stderr).to.contain('haproxy is not installed').and.to.contain('apt-get install -y haproxy');
  });
});
