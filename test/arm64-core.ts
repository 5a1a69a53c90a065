import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { poll } from '../lab/deadline.js';
import { tempFolder } from './temp-folder.js';

const { signal } = new AbortController();
/** Emulated, and beside others that are. */
const readyWithinMs = 60_000;

/** For `go build`: no C compiler of another processor is needed. */
export const arm64Build = { GOARCH: 'arm64', CGO_ENABLED: '0' } as const;

export interface Arm64Program {
  readonly exe: string;
  readonly args?: readonly string[];
  /** Whether it is where a core is wanted, by what it has printed. */
  readonly ready: (stdout: string) => Promise<boolean>;
}

export interface Arm64Core extends AsyncDisposable {
  readonly core: string;
}

/**
 * Runs a program of arm64 under `qemu-aarch64-static` until it is ready, and ends it by SIGQUIT. Go dies of it with
 * GOTRACEBACK=crash, and qemu writes what a kernel of arm64 would: a core of the program, not of qemu.
 */
export async function arm64CoreOf({ exe, args = [], ready }: Arm64Program): Promise<Arm64Core> {
  const folder = await tempFolder();
  const cwd = folder.file('cwd');
  await mkdir(cwd);
  const argv = ['--core=unlimited:unlimited', 'qemu-aarch64-static', exe, ...args];
  const options = { cwd, env: { GOTRACEBACK: 'crash' }, reject: false, stderr: 'ignore' } as const;
  const program = execa('prlimit', argv, { ...options, timeout: 2 * readyWithinMs, killSignal: 'SIGKILL' });
  let said = '';
  program.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  try {
    const isReady = async () => (await ready(said)) || undefined;
    const told = await poll(isReady, { signal, deadlineMs: readyWithinMs, everyMs: 50 });
    if (told === undefined) throw new Error(`${exe} did not get ready`);
    program.kill('SIGQUIT');
    await program;
    const cores = (await readdir(cwd)).filter((name) => name.includes('core'));
    const guest = cores.find((name) => /^qemu_.*\.core$/.test(name));
    // Where the kernel writes cores into the working folder there is one of qemu too, which is of no use.
    for (const name of cores) if (name !== guest) await rm(join(cwd, name));
    if (guest === undefined) throw new Error(`qemu wrote no core of ${exe}`);
    return { core: join(cwd, guest), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  } catch (error) {
    program.kill('SIGKILL');
    await program;
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}
