import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { listRuns, openRun, type Run } from '../../lab/store/run-store.js';
import { lab, orphansOf, startLab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const freePorts = ['--port', '0', '--pprof-port', '0'];

describe('a run that is disturbed', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let env: Record<string, string>;
  const before = process.env['LAB_RUNS'];

  beforeEach(async () => {
    folder = await tempFolder();
    process.env['LAB_RUNS'] = folder.path;
    env = { LAB_RUNS: folder.path };
  });

  afterEach(async () => {
    if (before === undefined) delete process.env['LAB_RUNS'];
    else process.env['LAB_RUNS'] = before;
    await folder[Symbol.asyncDispose]();
  });

  const theRun = async (): Promise<Run> => {
    const [dir] = await listRuns();
    if (dir === undefined) throw new Error('no run was saved');
    return await openRun(dir);
  };

  for (const stage of [
    'provision',
    'build',
    'start',
    'load',
    'symptoms',
    'capture',
    'analyze',
    'checklist',
  ]) {
    it(`ends everything and says where the evidence lies at Ctrl-C during ${stage}`, async () => {
      const running = startLab(['run', ...freePorts], env);
      await running.said(`${stage} `);
      running.kill('SIGINT');
      const { exitCode, stderr } = await running.ended;
      expect(exitCode, stderr).to.equal(130);
      expect(await orphansOf(running)).to.deep.equal([]);
      const run = await theRun();
      expect(stderr).to.contain(run.dir);
      expect(run.record.conclusion?.verdict).not.to.equal('confirmed');
    });
  }

  it('names the port that is taken and the option that avoids it', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const running = startLab(['run', '--port', `${port}`, '--pprof-port', '0'], env);
    const { exitCode, stderr } = await running.ended;
    blocker.close();
    expect(exitCode).to.equal(69);
    expect(stderr).to.contain(`port ${port}`).and.to.contain('--port 0');
    expect(await orphansOf(running)).to.deep.equal([]);
  });

  it('shows what the compiler says when the build fails', async () => {
    const { exitCode, stderr } = await lab(['run', ...freePorts], { ...env, GOFLAGS: '-buildmode=nonsense' });
    expect(exitCode).to.equal(70);
    expect(stderr).to.contain('go build of blog failed').and.to.contain('nonsense');
  });

  it('does not call a server hung that was killed during the load', async () => {
    const running = startLab(['run', ...freePorts], env);
    await running.said('requests/s');
    process.kill((await running.child(/--addr=/)).pid, 'SIGKILL');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode, stderr).to.equal(2);
    expect(await orphansOf(running)).to.deep.equal([]);
    expect((await theRun()).record.conclusion).to.include({ verdict: 'unknown', exitCode: 2 });
  });

  it('refutes a hang when the server ends by itself during the load', async () => {
    const running = startLab(['run', ...freePorts], env);
    await running.said('requests/s');
    process.kill((await running.child(/--addr=/)).pid, 'SIGTERM');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode, stderr).to.equal(1);
    expect(await orphansOf(running)).to.deep.equal([]);
  });

  it('stays undecided when the load generator is killed', async () => {
    const running = startLab(['run', ...freePorts], env);
    await running.said('requests/s');
    process.kill((await running.child(/autocannon-child/)).pid, 'SIGKILL');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode, stderr).to.equal(2);
    expect(await orphansOf(running)).to.deep.equal([]);
  });

  it('leaves no half core behind when gdb is killed during the capture', async () => {
    const running = startLab(['run', ...freePorts], env);
    process.kill((await running.child(/gdb.* gcore /)).pid, 'SIGKILL');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode, stderr).to.equal(2);
    expect(await orphansOf(running)).to.deep.equal([]);
    const run = await theRun();
    expect(run.record.stages['load']?.state).to.equal('done');
    expect(run.record.stages['capture']?.state).to.equal('failed');
  });

  it('keeps the core when Delve is killed during the analysis, and diagnoses it afterwards', async () => {
    const running = startLab(['run', ...freePorts], env);
    process.kill((await running.child(/dlv core /)).pid, 'SIGKILL');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode, stderr).to.equal(2);
    const run = await theRun();
    expect(stderr).to.contain(run.dir);
    const again = await lab(['analyze', '--run', run.dir, '--json'], env);
    expect(again.exitCode, again.stderr).to.equal(1);
    expect(JSON.parse(again.stdout)).to.include({ schema: 'lab.diagnosis/1', verdict: 'deadlock' });
  });

  it('leaves a run that tells the truth when the lab itself is killed, and stop ends its server', async () => {
    const running = startLab(['run', ...freePorts], env);
    await running.said('requests/s');
    running.kill('SIGKILL');
    await running.ended;
    const run = await theRun();
    expect(run.record.stages['load']?.state).to.equal('killed');
    const stopped = await lab(['stop', '--run', run.dir], env);
    expect(stopped.exitCode, stopped.stderr).to.equal(0);
    expect(await orphansOf(running)).to.deep.equal([]);
  });
});

describe('the stages as commands of their own', function () {
  this.timeout(120_000);

  it('resume the newest run one by one and end in the same diagnosis', async () => {
    await using folder = await tempFolder();
    const env = { LAB_RUNS: folder.path };
    for (const args of [['build', ...freePorts], ['start'], ['load'], ['capture'], ['stop']]) {
      const { exitCode, stderr } = await lab(args, env);
      expect(exitCode, `${args[0]}: ${stderr}`).to.equal(0);
    }
    process.env['LAB_RUNS'] = folder.path;
    const dirs = await listRuns();
    delete process.env['LAB_RUNS'];
    expect(dirs).to.have.length(1);
    const [dir = ''] = dirs;
    const analyzed = await lab(['analyze', '--run', dir, '--json'], env);
    expect(analyzed.exitCode, analyzed.stderr).to.equal(1);
    const { record } = await openRun(dir);
    const core = Object(record.stages['capture']?.result).core;
    expect((await stat(core)).mode & 0o777).to.equal(0o600);
    expect(await readFile(join(dir, 'diagnosis.json'), 'utf8')).to.contain('lab.diagnosis/1');
  });
});
