import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { listRuns } from '../../lab/store/run-store.js';
import { lab, orphansOf, startLab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { expectRow } from './expect-row.js';

const { signal } = new AbortController();
const free = ['--port', '0', '--pprof-port', '0'];

describe('a run whose lab', function () {
  this.timeout(180_000);
  const before = process.env['LAB_RUNS'];
  let folder: TempFolder;
  let env: { readonly LAB_RUNS: string };

  beforeEach(async () => {
    folder = await tempFolder();
    env = { LAB_RUNS: folder.path };
    process.env['LAB_RUNS'] = folder.path;
  });
  afterEach(async () => {
    if (before === undefined) delete process.env['LAB_RUNS'];
    else process.env['LAB_RUNS'] = before;
    await folder[Symbol.asyncDispose]();
  });

  it('was killed during the load is said to be, goes on by what is printed, and is not done twice at once', async () => {
    const running = startLab(['run', 'gossip', ...free], env);
    await running.said('load ');
    const [dir = ''] = await listRuns();
    expectRow('stage-twice', await lab(['load', '--run', dir, '--quiet'], env));
    running.kill('SIGKILL');
    await running.ended;
    const listed = await lab(['runs'], env);
    expectRow('lab-killed', listed);
    const [{ goOn }] = JSON.parse((await lab(['runs', '--json'], env)).stdout);
    expect(goOn).to.equal(`npx lab load --run ${dir}`);
    expectRow('start-twice', await lab(['start', '--run', dir], env));
    expect((await lab(goOn.split(' ').slice(2), env)).exitCode).to.equal(0);
    expect((await lab(['stop', '--run', dir], env)).exitCode).to.equal(0);
    expect(await orphansOf(running)).to.deep.equal([]);
  });

  it('goes on, but whose server is killed during the capture, is unknown', async () => {
    const running = startLab(['run', 'gossip', '--capture', 'gcore', ...free], env);
    const gdb = await running.child(/(?:^|\/)gdb .*gcore /);
    const [, pid] = /attach (\d+)/.exec(gdb.commandLine) ?? [];
    process.kill(Number(pid), 'SIGKILL');
    expectRow('server-killed', await running.ended);
    const [dir = ''] = await listRuns();
    expect(JSON.parse(await readFile(`${dir}/run.json`, 'utf8')).conclusion.verdict).to.equal('unknown');
    expect((await readdir(dir)).filter((name) => /core|capture/.test(name))).to.deep.equal([]);
    expect(await orphansOf(running)).to.deep.equal([]);
  });

  it('was killed while its server was starting has no server that nobody knows', async () => {
    const built = await lab(['provision', 'gossip', ...free], env);
    expect(built.exitCode, built.stderr).to.equal(0);
    expect((await lab(['build'], env)).exitCode).to.equal(0);
    const [dir = ''] = await listRuns();
    const starting = startLab(['start'], env);
    const log = async () => existsSync(`${dir}/server.log`) || undefined;
    expect(await poll(log, { signal, deadlineMs: 30_000, everyMs: 1 })).to.equal(true);
    const hasServer = () =>
      starting.children().some(({ commandLine }) => commandLine.includes('--addr=')) || undefined;
    expect(await poll(hasServer, { signal, deadlineMs: 30_000, everyMs: 1 })).to.equal(true);
    const isKept = async () => {
      return /"identity"/.test(await readFile(`${dir}/run.json`, 'utf8')) || undefined;
    };
    expect(await poll(isKept, { signal, deadlineMs: 30_000, everyMs: 1 })).to.equal(true);
    starting.kill('SIGKILL');
    await starting.ended;
    // Whichever it was, begun or done, the next command knows of it.
    const again = await lab(['start'], env);
    if (again.exitCode !== 0) expectRow('start-twice', again);
    const servers = starting.children().length + (again.exitCode === 0 ? 1 : 0);
    expect(servers).to.equal(1);
    expect((await lab(['stop'], env)).exitCode).to.equal(0);
    expect(await orphansOf(starting)).to.deep.equal([]);
  });
});
