import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { captureBundle } from '../../lab/capture/capture.js';
import { requireCoreFiles } from '../../lab/capture/core-place.js';
import { kernel, kernelCores } from '../../lab/capture/kernel.js';
import type { CaptureMethod } from '../../lab/capture/method.js';
import { checkPair } from '../../lab/core/elf.js';
import { poll } from '../../lab/deadline.js';
import { LabError } from '../../lab/errors.js';
import type { LabEvent } from '../../lab/events.js';
import { localTarget } from '../../lab/targets/local.js';
import { isSameProcess } from '../../lab/targets/process-identity.js';
import type { Target, TargetProcess } from '../../lab/targets/target.js';
import { buildHung, goTools } from '../hung-program.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const target = localTarget();
const crash = { GOTRACEBACK: 'crash' };
const refuses = await requireCoreFiles(target, signal).then(
  () => undefined,
  (error: LabError) => error.message,
);
const nobody = 65534;

interface Held {
  readonly dir: string;
  readonly cwd: string;
  readonly logFile: string;
  readonly process: TargetProcess;
  readonly pid: number;
}

describe('the core of the kernel', function () {
  this.timeout(60_000);
  let folder: TempFolder;
  let exe: string;
  let deaf: string;
  const started: TargetProcess[] = [];
  let number = 0;

  before(async function () {
    const [go] = await goTools(signal);
    if (go === undefined || refuses !== undefined) {
      console.error(`    skipped: ${refuses ?? 'no Go'}`);
      this.skip();
    }
    folder = await tempFolder();
    await chmod(folder.path, 0o755);
    exe = await buildHung(go.path, folder, 'depot');
    const edit = (source: string) =>
      source
        .replace('"runtime"', '"os"\n\t"os/signal"\n\t"runtime"\n\t"syscall"')
        .replace('fmt.Println("ready"', 'signal.Notify(make(chan os.Signal, 9), syscall.SIGQUIT)\n\t$&');
    deaf = await buildHung(go.path, folder, 'deaf', { edit });
  });

  afterEach(async () => {
    for (const process of started.splice(0)) {
      await process.kill('SIGKILL');
      await process[Symbol.asyncDispose]();
    }
  });
  after(() => folder?.[Symbol.asyncDispose]());

  async function hung(
    env: Readonly<Record<string, string>> = crash,
    { before = [], program = exe }: { before?: readonly string[]; program?: string } = {},
  ): Promise<Held> {
    const here = folder.file(`run-${number++}`);
    const [dir, cwd, logFile] = [`${here}/bundle`, `${here}/cwd`, `${here}/log`];
    for (const path of [here, dir, cwd]) await mkdir(path);
    const process = await target.start([...before, program], { signal, logFile, env, cwd });
    started.push(process);
    const said = async () => (await readFile(logFile, 'utf8')).includes('ready') || undefined;
    expect(await poll(said, { signal, deadlineMs: 15_000, everyMs: 10 })).to.equal(true);
    return { dir, cwd, logFile, process, pid: process.identity.pid };
  }

  const take = (
    { dir, pid }: Held,
    { on = target, by = kernel, folder = dir }: { on?: Target; by?: CaptureMethod; folder?: string } = {},
    events: LabEvent[] = [],
  ) =>
    captureBundle({ target: on, pid, method: by, dir, folder }, (event) => void events.push(event), signal);

  /** Refused, and nothing happened to the process or beside it. */
  async function refused(held: Held, code: LabError['code'], work: Promise<unknown>): Promise<LabError> {
    const error = await rejectsWith(code, work);
    expect(await isSameProcess(held.process.identity)).to.equal(true);
    expect(await readdir(held.dir)).to.deep.equal([]);
    expect(await readFile(held.logFile, 'utf8')).not.to.include('SIGQUIT');
    return error;
  }

  /** This target, as a kernel with other settings would be. */
  const having = (path: string, text: string): Target => ({
    ...target,
    readFile: async (asked, until) => (asked === path ? text : await target.readFile(asked, until)),
  });
  const patterned = (text: string) => having('/proc/sys/kernel/core_pattern', `${text}\n`);

  it('is taken into the bundle, whole and private, when the process has printed its goroutines', async () => {
    const held = await hung(crash, { before: ['prlimit', '--core=0:unlimited'] });
    const events: LabEvent[] = [];
    const bundle = await take(held, {}, events);
    expect(await isSameProcess(held.process.identity)).to.equal(false);
    expect(await held.process.exited).to.deep.equal({ kind: 'killed', signal: 'SIGABRT' });
    expect(await readdir(held.cwd)).to.deep.equal([]);
    expect(await readdir(held.dir)).to.have.members([`core.${held.pid}`, 'server']);
    expect((await stat(bundle.core)).mode & 0o777).to.equal(0o600);
    expect(bundle).to.include({ method: 'kernel', pid: held.pid });
    expect(bundle.writtenTo).to.include(held.cwd);
    expect(bundle.pausedMs).to.be.above(0);
    const pair = await checkPair(bundle.exe, bundle.core, signal);
    expect(pair.match).to.deep.include({ kind: 'same', buildId: bundle.buildId });
    expect(pair.core).to.include({ pid: held.pid });
    const log = await readFile(held.logFile, 'utf8');
    expect(log).to.include('SIGQUIT: quit').and.to.include('goroutine 1 ');
    const first = events.find(({ type }) => type === 'note');
    expect(JSON.stringify(first)).to.include(`this ends process ${held.pid}`);
    expect(events.some(({ type }) => type === 'progress')).to.equal(true);
  });

  it('is not asked of a process that would end without one', async () => {
    const held = await hung({});
    const error = await refused(held, 'target', take(held));
    expect(error.message).to.include('was not started with GOTRACEBACK=crash');
    expect(error.hint).to.include('GOTRACEBACK=crash').and.to.include('--capture gcore');
    const other = await hung({ GOTRACEBACK: 'all' });
    expect((await refused(other, 'target', take(other))).message).to.include('but with GOTRACEBACK=all');
  });

  it('is refused where cores go to a program or nowhere, with the command that changes it', async () => {
    const held = await hung();
    for (const pattern of ['|/usr/lib/systemd/systemd-coredump %P %u', '/no/such/folder/core', '']) {
      const on = patterned(pattern);
      const error = await refused(held, 'target', take(held, { on }));
      expect(error.exitCode).to.equal(69);
      expect(error.hint).to.equal('sudo sysctl -w kernel.core_pattern=core');
      const early = await rejectsWith('target', requireCoreFiles(on, signal));
      expect(early.message).to.equal(error.message);
    }
    expect((await rejectsWith('target', take(held, { on: patterned('|/usr/share/apport/apport') }))).message)
      .to.include('core_pattern')
      .and.to.include('hands every core to /usr/share/apport/apport');
  });

  it('never overwrites what bears its name already', async function () {
    if ((await readFile('/proc/sys/kernel/core_pattern', 'utf8')).trim() !== 'core') return this.skip();
    const held = await hung();
    const mine = `${held.cwd}/core`;
    await writeFile(mine, 'mine');
    const usesPid = having('/proc/sys/kernel/core_uses_pid', '0\n');
    const error = await refused(held, 'target', take(held, { on: usesPid }));
    expect(error.message).to.include(`overwrite ${mine}`);
    expect(error.hint).to.include(`mv ${mine}`);
    expect(await readFile(mine, 'utf8')).to.equal('mine');
  });

  it('is refused where the process may not write it, or its folder is gone', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const as = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
    const held = await hung(crash, { before: ['prlimit', '--core=unlimited:unlimited', ...as] });
    const error = await refused(held, 'target', take(held));
    expect(error.message).to.include(`user ${nobody}`).and.to.include(held.cwd);
    expect(error.hint).to.include('sysctl -w kernel.core_pattern=/');
    await chmod(held.cwd, 0o777);
    expect((await take(held)).pid).to.equal(held.pid);

    const homeless = await hung();
    await rm(homeless.cwd, { recursive: true });
    expect((await refused(homeless, 'target', take(homeless))).message).to.include('there is no folder');
  });

  it('is refused when its limit cannot be raised, with the command of one who can', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const as = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
    const held = await hung(crash, { before: ['prlimit', '--core=0:0', ...as] });
    await chmod(held.cwd, 0o777);
    await chmod(held.dir, 0o777);
    const on: Target = {
      ...target,
      exec: (argv, options) => target.exec([...as, ...argv], options),
    };
    const error = await refused(held, 'missing-permission', take(held, { on }));
    expect(error.hint).to.equal(`sudo prlimit --pid ${held.pid} --core=unlimited:unlimited`);
  });

  it('is given up when the process does not end, and the process is left alone', async () => {
    const held = await hung(crash, { program: deaf });
    const error = await rejectsWith('undecided', take(held, { by: kernelCores({ idleMs: 1_000 }) }));
    expect(error.message).to.include('handles the signal itself');
    expect(error.hint).to.include(`--pid ${held.pid}`);
    expect(await isSameProcess(held.process.identity)).to.equal(true);
    expect(await readdir(held.dir)).to.deep.equal([]);
  });

  it('is told of when its taker is interrupted: the process ends all the same', async () => {
    const held = await hung(crash, { program: deaf });
    const caller = new AbortController();
    const by = kernelCores({ idleMs: 30_000 });
    const asked = { target, pid: held.pid, method: by, dir: held.dir };
    const work = captureBundle(asked, ({ type }) => type === 'progress' && caller.abort(), caller.signal);
    const error = await rejectsWith('interrupted', work);
    expect(error.message).to.include('ends all the same').and.to.include(held.cwd);
  });

  it('stays on its machine when it cannot be brought home, for there is no second one', async () => {
    const held = await hung();
    const work = folder.file('work');
    await mkdir(work, { recursive: true });
    const far: Target = {
      ...target,
      kind: 'ssh',
      workFolder: work,
      async download(from, to, options) {
        if (from.endsWith('/core')) throw new LabError('the line is cut', { code: 'target' });
        return await target.download(from, to, options);
      },
    };
    const events: LabEvent[] = [];
    await rejectsWith('target', take(held, { on: far }, events));
    expect(await readdir(work)).to.have.members([`core.${held.pid}`, `server.${held.pid}`]);
    expect(JSON.stringify(events)).to.include(`the core was kept: ${work}/core.${held.pid}`);
    expect(await readdir(held.dir)).to.deep.equal([]);
    const pair = await checkPair(`${work}/server.${held.pid}`, `${work}/core.${held.pid}`, signal);
    expect(pair.match.kind).to.equal('same');
  });

  it('is found under any name that the kernel is told to give it', async function () {
    const setting = '/proc/sys/kernel/core_pattern';
    // It is one for the whole machine: changed only where nobody else works on it.
    if (process.env['LAB_TEST_SYSCTL'] === undefined || process.getuid?.() !== 0) return this.skip();
    const cores = folder.file('cores');
    await mkdir(cores);
    const held = await hung();
    const before = await readFile(setting, 'utf8');
    try {
      await writeFile(setting, `${cores}/%e+%h.%p.%t.%s\n`);
      const bundle = await take(held);
      expect(bundle.writtenTo).to.match(new RegExp(`/depot\\+[^/]+\\.${held.pid}\\.\\d+\\.6$`));
    } finally {
      await writeFile(setting, before);
    }
    expect(await readdir(cores)).to.deep.equal([]);
  });
});
