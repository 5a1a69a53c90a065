import { expect } from 'chai';
import { execa } from 'execa';
import { projectRoot } from '../../lab/paths.js';
import { listRuns } from '../../lab/store/run-store.js';
import { lab, orphansOf, startLab } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';

describe('a run that was interrupted', function () {
  this.timeout(180_000);
  const before = process.env['LAB_RUNS'];

  afterEach(() => {
    if (before === undefined) delete process.env['LAB_RUNS'];
    else process.env['LAB_RUNS'] = before;
  });

  it('comes to its diagnosis by the commands that are printed for it', async () => {
    await using folder = await tempFolder();
    const env = { LAB_RUNS: folder.file('my runs') };
    process.env['LAB_RUNS'] = env.LAB_RUNS;
    const running = startLab(['run', 'gossip', '--port', '0', '--pprof-port', '0'], env);
    await running.said('load ');
    running.kill('SIGINT');
    expect((await running.ended).exitCode).to.equal(130);
    expect(await orphansOf(running)).to.deep.equal([]);
    const [dir = ''] = await listRuns();

    const hintOf = async (...args: readonly string[]): Promise<string> => {
      const refused = await lab([...args, '--run', dir, '--json'], env);
      expect(refused.exitCode, refused.stderr).to.be.oneOf([64, 69]);
      return String(JSON.parse(refused.stdout).error.hint);
    };
    const run = `--run '${dir}'`;
    const chain = `npx lab start ${run} && npx lab load ${run} && npx lab capture ${run}`;
    expect(await hintOf('capture')).to.equal(`begin with another one: ${chain}`);
    expect(await hintOf('analyze')).to.equal(`do that first: ${chain}`);

    const typed = chain.replaceAll('npx lab', `'${process.execPath}' '${projectRoot}/dist/scripts/lab.js'`);
    const done = await execa('bash', ['-c', typed], { env, reject: false });
    expect(done.exitCode, done.stderr).to.equal(0);
    try {
      // Of its own run a stage may take the core once more.
      expect((await lab(['capture', '--run', dir], env)).exitCode).to.equal(0);
      expect((await lab(['analyze', '--run', dir], env)).exitCode).to.equal(1);
    } finally {
      expect((await lab(['stop', '--run', dir], env)).exitCode).to.equal(0);
    }
    expect(await hintOf('stop')).to.contain('nothing has to be stopped');
  });
});
