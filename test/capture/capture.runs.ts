import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { captureBundle } from '../../lab/capture/capture.js';
import { copySparse, sha256 } from '../../lab/capture/hash.js';
import { captureMethods } from '../../lab/capture/index.js';
import type { CaptureMethod } from '../../lab/capture/method.js';
import { measureSpace } from '../../lab/capture/space.js';
import { checkPair, readExecutable } from '../../lab/core/elf.js';
import { poll } from '../../lab/deadline.js';
import { launchDelveCore } from '../../lab/delve/launch.js';
import { localTarget } from '../../lab/targets/local.js';
import { parseProcStat } from '../../lab/targets/process-identity.js';
import type { Target, TargetProcess } from '../../lab/targets/target.js';
import { findDelve } from '../../lab/toolchain/delve.js';
import { buildHung, goTools, startHung } from '../hung-program.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { whileWriting } from './while-writing.js';

const signal = new AbortController().signal;
const run = promisify(execFile);
const target = localTarget();
const method = captureMethods.find(({ name }) => name === 'gcore');
const ignore = (): void => undefined;

describe('the capture of a bundle', () => {
  let folder: TempFolder;
  let exe: string;
  let server: TargetProcess;
  let pid: number;

  before(async function () {
    this.timeout(120_000);
    const [go] = await goTools(signal);
    if (go === undefined || method === undefined) {
      console.error('    skipped: no Go');
      this.skip();
    }
    folder = await tempFolder();
    exe = await buildHung(go.path, folder, 'depot');
    server = await startHung(exe, folder, signal);
    pid = server.identity.pid;
  });

  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  async function emptyFolder(name: string): Promise<string> {
    await rm(folder.file(name), { recursive: true, force: true });
    await mkdir(folder.file(name));
    return folder.file(name);
  }

  const request = (dir: string, by: CaptureMethod | undefined = method) => {
    if (by === undefined) throw new Error('no method');
    return { target, pid, method: by, dir };
  };

  async function state(): Promise<string | undefined> {
    return parseProcStat(await readFile(`/proc/${pid}/stat`, 'utf8'))?.state;
  }

  it('holds core and executable with hashes, sizes and versions, and the server lives on', async function () {
    this.timeout(60_000);
    const dir = await emptyFolder('bundle');
    const space = await measureSpace(
      { target, pid, folder: dir, method: { writesInaccessible: true } },
      signal,
    );
    const bundle = await captureBundle(request(dir), ignore, signal);
    expect(await readdir(dir)).to.have.members([`core.${pid}`, 'server']);
    const { stdout } = await run('sha256sum', [bundle.core, bundle.exe]);
    const hashes = stdout.split('\n').map((line) => line.slice(0, 64));
    expect(hashes.slice(0, 2)).to.deep.equal([bundle.sha256.core, bundle.sha256.exe]);
    const core = await stat(bundle.core);
    expect(core.mode & 0o777).to.equal(0o600);
    expect(core.size).to.equal(bundle.size.apparent);
    expect(bundle.size.onDisk).to.be.below(bundle.size.dense / 10);
    expect((space?.needed ?? 0) / bundle.size.apparent).to.be.within(1, 1.05);
    const pair = await checkPair(bundle.exe, bundle.core, signal);
    expect(pair.match).to.deep.include({ kind: 'same', buildId: bundle.buildId });
    expect(bundle).to.include({ pid, method: 'gcore', goVersion: pair.exe.goVersion });
    expect(bundle.pausedMs).to.be.above(0);
    expect(await state()).to.equal('S');
  });

  it('keeps the core unreadable for others from its first byte', async function () {
    this.timeout(60_000);
    const dir = await emptyFolder('private');
    await chmod(dir, 0o777);
    const capturing = captureBundle(request(dir), ignore, signal);
    await whileWriting(
      pid,
      async () => {
        const [workshop] = await readdir(dir);
        expect((await stat(`${dir}/${workshop}`)).mode & 0o777).to.equal(0o700);
        expect((await stat(`${dir}/${workshop}/core`)).mode & 0o777).to.equal(0o600);
        expect(await readdir(dir)).to.not.include(`core.${pid}`);
      },
      dir,
    );
    await capturing;
  });

  it('copies the executable that runs, though its file was deleted', async function () {
    this.timeout(60_000);
    const dir = await emptyFolder('deleted');
    const second = folder.file('second');
    await run('cp', [exe, second]);
    await using other = await startHung(second, folder, signal);
    await rm(second);
    const bundle = await captureBundle({ ...request(dir), pid: other.identity.pid }, ignore, signal);
    expect(bundle.sha256.exe).to.equal((await run('sha256sum', [exe])).stdout.slice(0, 64));
  });

  it('is undecided when gdb is killed half-way; nothing stays, and the server lives on', async function () {
    this.timeout(60_000);
    const dir = await emptyFolder('killed');
    const capturing = rejectsWith('undecided', captureBundle(request(dir), ignore, signal));
    await whileWriting(pid, (gdb) => void process.kill(gdb, 'SIGKILL'), dir);
    expect((await capturing).message).to.include('SIGKILL');
    expect(await readdir(dir)).to.deep.equal([]);
    expect(
      await poll(async () => ((await state()) === 'S' ? true : undefined), {
        signal,
        deadlineMs: 5000,
        everyMs: 10,
      }),
    ).to.equal(true);
  });

  it('ends gdb and removes what it wrote when the caller aborts; the server lives on', async function () {
    this.timeout(60_000);
    const dir = await emptyFolder('aborted');
    const controller = new AbortController();
    const capturing = rejectsWith('interrupted', captureBundle(request(dir), ignore, controller.signal));
    let gdb = 0;
    await whileWriting(
      pid,
      (found) => {
        gdb = found;
        controller.abort();
      },
      dir,
    );
    await capturing;
    expect(await readdir(dir)).to.deep.equal([]);
    const gone = await poll(
      () =>
        stat(`/proc/${gdb}`).then(
          () => undefined,
          () => true,
        ),
      { signal, deadlineMs: 5000, everyMs: 10 },
    );
    expect(gone).to.equal(true);
    expect(
      await poll(async () => ((await state()) === 'S' ? true : undefined), {
        signal,
        deadlineMs: 5000,
        everyMs: 10,
      }),
    ).to.equal(true);
  });

  it('refuses a core that the method left incomplete', async () => {
    const dir = await emptyFolder('incomplete');
    const lying: CaptureMethod = {
      name: 'gcore',
      title: 'claims success without a core',
      keepsProcess: true,
      writesInaccessible: true,
      capture: async () => ({ pausedMs: 0, command: await target.exec(['true'], { signal }) }),
    };
    const error = await rejectsWith('undecided', captureBundle(request(dir, lying), ignore, signal));
    expect(error.message).to.include('damaged');
    expect(await readdir(dir)).to.deep.equal([]);
  });

  it('refuses a process that is gone, and one that is no Go program', async () => {
    const dir = await emptyFolder('refused');
    const gone = { ...request(dir), pid: 2 ** 22 + 1 };
    expect((await rejectsWith('target', captureBundle(gone, ignore, signal))).message).to.include(
      'there is no process',
    );
    await using sleeper = await target.start(['/bin/sleep', '60'], {
      signal,
      logFile: folder.file('sleep.log'),
    });
    const foreign = { ...request(dir), pid: sleeper.identity.pid };
    expect((await rejectsWith('usage', captureBundle(foreign, ignore, signal))).message).to.include(
      'no Go program',
    );
    expect(await readdir(dir)).to.deep.equal([]);
  });

  it('tells an ordinary user what to do about another user’s process', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const dir = await emptyFolder('foreign');
    await chmod(folder.path, 0o755);
    await chmod(dir, 0o777);
    const asNobody = {
      ...target,
      exec: (argv: readonly string[], options: Parameters<typeof target.exec>[1]) =>
        target.exec(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...argv], options),
    };
    const asked = { ...request(dir), target: asNobody };
    const error = await rejectsWith('missing-permission', captureBundle(asked, ignore, signal));
    expect(error.message).to.include(`process ${pid} belongs to another user`);
    expect(error.hint).to.include('sudo');
    const direct = method?.capture({ target: asNobody, pid, goVersion: '', file: `${dir}/core` }, signal);
    expect((await rejectsWith('missing-permission', Promise.resolve(direct))).hint).to.include('sudo');
    expect(await state()).to.equal('S');
  });

  it('names the package to install when gdb is missing', async () => {
    const dir = await emptyFolder('no-gdb');
    const without = {
      ...target,
      exec: (argv: readonly string[], options: Parameters<typeof target.exec>[1]) =>
        target.exec(argv[0] === 'gdb' ? ['gdb-is-not-here', ...argv.slice(1)] : argv, options),
    };
    const error = await rejectsWith(
      'missing-tool',
      captureBundle({ ...request(dir), target: without }, ignore, signal),
    );
    expect(error.hint).to.include('gdb');
  });

  it('brings home what another machine wrote with its own tools, and leaves nothing there', async () => {
    const [dir, folder] = [await emptyFolder('far'), await emptyFolder('there')];
    const far: Target = {
      ...target,
      kind: 'ssh',
      async download(from, to, { sha256 }) {
        expect(await copySparse(from, to, signal)).to.equal(sha256);
        return { transferredBytes: 4_321 };
      },
    };
    const bundle = await captureBundle({ ...request(dir), target: far, folder }, ignore, signal);
    expect(bundle.size.transferred).to.equal(4_321);
    expect(bundle.sha256.exe).to.equal(await sha256(target, exe, signal));
    expect(bundle.size.onDisk).to.be.below(bundle.size.apparent / 10);
    expect(bundle.core).to.equal(`${dir}/core.${pid}`);
    expect((await stat(bundle.core)).mode & 0o777).to.equal(0o600);
    expect(await readdir(dir)).to.have.members([`core.${pid}`, 'server']);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('captures with Delve too, a fraction of the bytes, and the server lives on', async function () {
    this.timeout(60_000);
    const { goVersion = '' } = await readExecutable(exe, signal);
    const delve = await findDelve({ goVersion, install: false }, signal);
    if (delve === undefined) {
      console.error(`    skipped: no Delve that reads ${goVersion}`);
      return this.skip();
    }
    const dir = await emptyFolder('delve');
    const by = captureMethods.find(({ name }) => name === 'delve');
    const bundle = await captureBundle(request(dir, by), ignore, signal);
    expect(await state()).to.equal('S');
    expect(await readdir(dir)).to.have.members([`core.${pid}`, 'server']);
    expect(bundle.size.dense).to.be.below(400 << 20);
    expect((await stat(bundle.core)).mode & 0o777).to.equal(0o600);
    const pair = await checkPair(bundle.exe, bundle.core, signal);
    expect(pair.core).to.include({ pid, madeByDelve: true });
    expect(pair.match.kind).to.be.oneOf(['same', 'likely']);
    const options = { dlv: delve.path, exe: bundle.exe, core: bundle.core, startTimeoutMs: 20_000 };
    await using session = await launchDelveCore(options, signal);
    const { Goroutines: all } = await session.client.listGoroutines({ start: 0, count: 0 }, { signal });
    expect(all.length).to.be.above(20);
  });

  it('stops before anything is held when a small disk cannot take the core', async function () {
    const disk = await emptyFolder('disk');
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'none', disk]).then(
      () => true,
      () => false,
    );
    if (!mounted) {
      console.error('    skipped: file systems cannot be mounted here');
      return this.skip();
    }
    try {
      const error = await rejectsWith('no-space', captureBundle(request(disk), ignore, signal));
      expect(error.message).to.match(/needs \d+ MB for a moment, and .* has \d+ MB free/);
      const full = method?.capture({ target, pid, goVersion: '', file: `${disk}/core` }, signal);
      await rejectsWith('no-space', Promise.resolve(full));
    } finally {
      await run('umount', [disk]);
    }
  });
});
