import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { cacheFolder } from '../../lab/paths.js';
import { parseProcStat } from '../../lab/targets/process-identity.js';
import type { TargetProcess } from '../../lab/targets/target.js';
import { type SshHost, startHost } from '../e2e/ssh-host.js';
import { buildHung, goTools, startHung } from '../hung-program.js';
import { lab, orphansOf, startLab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

describe('a running process, analysed', function () {
  this.timeout(180_000);
  let folder: TempFolder;
  let server: TargetProcess;
  let pid: number;

  before(async function () {
    const [go] = await goTools(signal);
    if (go === undefined) return this.skip();
    folder = await tempFolder();
    server = await startHung(await buildHung(go.path, folder, 'depot'), folder, signal);
    pid = server.identity.pid;
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const analyze = (...options: readonly string[]) => ['analyze', '--pid', String(pid), ...options];
  const lives = async () => {
    expect(parseProcStat(await readFile(`/proc/${pid}/stat`, 'utf8'))?.state).to.equal('S');
    expect(await readFile(`/proc/${pid}/status`, 'utf8')).to.match(/^TracerPid:\s+0$/m);
  };
  const rooms = async () => (await readdir(join(cacheFolder(), 'unpacked')).catch(() => [])).sort();

  it('is diagnosed, runs on, and leaves nothing behind', async () => {
    const before = await rooms();
    const { exitCode, stdout, stderr } = await lab(analyze());
    expect(exitCode, stderr).to.equal(1);
    expect(stdout).to.include('deadlock[').and.to.include(`npx lab analyze --pid ${pid} --proof`);
    await lives();
    expect(await rooms()).to.deep.equal(before);
  });

  it('is called by its pid where its files are not kept, and by them where they are', async () => {
    const gone = JSON.parse((await lab(analyze('--json'))).stdout);
    expect(gone.process).to.include({ exe: `/proc/${pid}/exe`, core: `pid:${pid}` });
    expect(JSON.stringify(gone)).to.not.include('unpacked');
    const dir = folder.file('kept here');
    const { exitCode, stdout, stderr } = await lab(analyze('--json', '--keep', dir));
    expect(exitCode).to.equal(1);
    const core = `${dir}/core.${pid}`;
    expect(JSON.parse(stdout).process).to.include({ exe: `${dir}/server`, core });
    expect(stderr).to.include(`kept: ${core}`);
    expect((await stat(core)).mode & 0o777).to.equal(0o600);
    expect(await readdir(dir)).to.have.members([`core.${pid}`, 'server', 'bundle.json']);
    const again = await lab(['analyze', '--exe', `${dir}/server`, '--core', core, '--json']);
    const { findings } = JSON.parse(again.stdout);
    expect(findings).to.deep.equal(JSON.parse(stdout).findings);
    const twice = await lab(analyze('--keep', dir));
    expect([twice.exitCode, twice.stderr]).to.satisfy(
      ([code, said]: [number, string]) => code === 64 && said.includes('exists already'),
    );
  });

  it('is looked at twice: who has not moved', async () => {
    const { exitCode, stdout } = await lab(analyze('--looks', '2', '--every', '1', '--json'));
    expect(exitCode).to.equal(1);
    const { verdict, comparison } = JSON.parse(stdout);
    expect(verdict).to.equal('deadlock');
    expect(comparison.looks).to.have.length(2);
    const [first] = comparison.groups;
    expect(first.unmoved).to.equal(first.counts[1]).and.to.be.above(30);
    expect(comparison.suspects[0].text).to.include('did not move');
    await lives();
  });

  it('runs on after Ctrl-C, and nothing of it is left', async () => {
    const before = await rooms();
    const running = startLab(analyze('--looks', '3', '--every', '600'));
    await running.said('look 1 of 3');
    running.kill('SIGINT');
    expect((await running.ended).exitCode).to.equal(130);
    expect(await orphansOf(running)).to.deep.equal([]);
    await lives();
    expect(await rooms()).to.deep.equal(before);
  });

  it('is refused with one thing to do where it makes no sense', async () => {
    for (const [args, says] of [
      [['analyze', '--pid', '1x'], /--pid takes a process id, not "1x"/],
      [analyze('--core', 'core'), /a running process is captured with its executable/],
      [
        analyze('--capture', 'gcore', '--snapshot', 'fork'),
        /--snapshot and --max-pause are options of the helper/,
      ],
      [analyze('--max-pause', 'long'), /--max-pause takes seconds, not "long"/],
      [['analyze', '--keep', 'x', '--dump', 'y'], /--keep is about a running process/],
    ] as const) {
      const { exitCode, stderr } = await lab(args);
      expect([exitCode, stderr.replaceAll(/\s+/g, ' ')]).to.satisfy(
        ([code, said]: [number, string]) => code === 64 && says.test(said),
        stderr,
      );
    }
    const short = await lab(analyze('--max-pause', '0.000001'));
    expect(short.exitCode, short.stderr).to.equal(2);
    expect(short.stderr).to.include('stood still for longer than --max-pause');
    await lives();
  });

  describe('on another machine', () => {
    let host: SshHost;
    before(async () => {
      host = await startHost();
    });
    after(async () => {
      await host?.[Symbol.asyncDispose]();
    });

    it('is captured by a helper that is brought there and taken away again', async () => {
      const { exitCode, stdout, stderr } = await host.start(analyze('--target', host.target)).ended;
      expect(exitCode, stderr).to.equal(1);
      expect(stdout).to.include('deadlock[');
      await lives();
      expect(await host.leftovers(/capture|core|server/)).to.deep.equal([]);
    });
  });
});
