import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { delveDump } from '../lab/capture/delve-dump.js';
import { gcore } from '../lab/capture/gcore.js';
import { helper } from '../lab/capture/helper/method.js';
import { poll } from '../lab/deadline.js';
import { localTarget } from '../lab/targets/local.js';
import { startHung } from './hung-program.js';
import { sparseGdb } from './sparse-gdb.js';
import { type TempFolder, tempFolder } from './temp-folder.js';

const { signal } = new AbortController();

export interface RealCore extends AsyncDisposable {
  readonly core: string;
}

/** How tests take a core; the helper is the fastest by far. */
export type CoreMethod = 'helper' | 'gcore' | 'delve';

/** Starts a program, takes a core of it once it says `ready`, and ends it. */
export async function coreOf(
  exe: string,
  goVersion: string,
  method: CoreMethod,
  args: readonly string[] = [],
): Promise<RealCore> {
  const folder = await tempFolder();
  const core = folder.file('core');
  const program = await startHung(exe, folder, signal, args);
  try {
    const { pid } = program.identity;
    const target = method === 'gcore' ? await sparseGdb() : localTarget();
    const by = { helper, gcore, delve: delveDump }[method];
    await by.capture({ target, pid, file: core, goVersion }, signal);
  } finally {
    await program.kill('SIGKILL');
    await program[Symbol.asyncDispose]();
  }
  return { core, [Symbol.asyncDispose]: () => kept() ?? folder[Symbol.asyncDispose]() };
}

/** For looking at cores that a test took: `LAB_KEEP_CORES=1`. */
const kept = () => (process.env['LAB_KEEP_CORES'] === undefined ? undefined : Promise.resolve());

/** Why the kernel writes no core into the working folder of a process here; `undefined` when it does. */
export async function noKernelCores(): Promise<string | undefined> {
  const pattern = (await readFile('/proc/sys/kernel/core_pattern', 'utf8')).trim();
  if (!/^core(?:\.%p)?$/.test(pattern)) return `core_pattern is ${pattern}`;
  const limit = await execa('prlimit', ['--core=unlimited:unlimited', 'true'], { reject: false });
  return limit.exitCode === 0 ? undefined : 'the limit of core files cannot be raised';
}

/** Starts a program that the kernel is to write a core of: by an abort once it is ready, or when it crashes itself. */
export async function kernelCoreOf(exe: string, end: 'abort' | 'crash'): Promise<RealCore> {
  const folder: TempFolder = await tempFolder();
  const cwd = folder.file('cwd');
  await mkdir(cwd);
  const options = { cwd, env: { GOTRACEBACK: 'crash' }, reject: false, stderr: 'ignore' } as const;
  const program = execa('prlimit', ['--core=unlimited:unlimited', exe], { ...options, timeout: 30_000 });
  let said = '';
  program.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  if (end === 'abort') {
    await poll(async () => said.includes('ready') || undefined, { signal, deadlineMs: 15_000, everyMs: 10 });
    program.kill('SIGABRT');
  }
  await program;
  const [name] = (await readdir(cwd)).filter((file) => file.startsWith('core'));
  if (name === undefined) throw new Error('the kernel wrote no core');
  return { core: join(cwd, name), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
