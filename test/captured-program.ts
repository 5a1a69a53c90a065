import { spawn } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { poll } from '../lab/deadline.js';
import { projectRoot } from '../lab/paths.js';
import { goBuild } from './go-build.js';
import type { TempFolder } from './temp-folder.js';

const { signal } = new AbortController();

/** The module of the program that cores are taken of. */
export const capturedModule = join(projectRoot, 'test/fixtures/go/captured');

export interface CapturedBuild {
  readonly go?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Builds `test/fixtures/go/captured` into the folder. */
export async function buildCaptured(
  folder: TempFolder,
  { go = 'go', flags = [], env = {} }: CapturedBuild = {},
): Promise<string> {
  const exe = folder.file('server');
  await goBuild({ go, module: capturedModule, exe, flags, env });
  return exe;
}

export interface Captured extends AsyncDisposable {
  readonly pid: number;
  /** All that it printed until now. */
  said(): string;
  pulse(): Promise<Pulse>;
  /** `undefined` while it runs. */
  ended(): number | string | undefined;
}

/** What a program with `pulse.go` of that module writes into the file that the variable PULSE names. */
export interface Pulse {
  readonly ticks: number;
  /** Between two ticks since it began, or since the last SIGUSR1. */
  readonly longestGapMs: number;
}

export async function pulseOf(file: string): Promise<Pulse> {
  const words = await readFile(file);
  if (words.length < 16) return { ticks: 0, longestGapMs: 0 };
  return { ticks: Number(words.readBigUInt64LE(0)), longestGapMs: Number(words.readBigUInt64LE(8)) / 1e6 };
}

let started = 0;

/** Starts it and waits until it is ready. */
export async function startCaptured(
  exe: string,
  folder: TempFolder,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Captured> {
  started += 1;
  const pulseFile = folder.file(`pulse-${started}`);
  const child = spawn(exe, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FOLDER: folder.path, PULSE: pulseFile, ...env },
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const dispose = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  const look = () => /^ready (\d+)$/m.exec(text)?.[1];
  const pid = await poll(look, { signal, deadlineMs: 30_000, everyMs: 5 });
  if (pid === undefined) {
    await dispose();
    throw new Error(`${exe} did not get ready: ${text}`);
  }
  return {
    pid: Number(pid),
    said: () => text,
    ended: () => child.exitCode ?? child.signalCode ?? undefined,
    pulse: () => pulseOf(pulseFile),
    [Symbol.asyncDispose]: dispose,
  };
}

/** What can be seen of a process from outside that a capture must not change. */
export interface Traces {
  readonly tracer: string;
  /** Threads that somebody has stopped, by their states. */
  readonly stopped: readonly string[];
  readonly children: readonly string[];
  readonly files: readonly string[];
  /** Mappings that a userfaultfd watches. */
  readonly watched: number;
}

/** Of a process whose threads may end while this looks. */
export async function tracesOf(pid: number): Promise<Traces> {
  const read = (path: string) => readFile(`/proc/${pid}/${path}`, 'latin1').catch(() => '');
  const threads = await readdir(`/proc/${pid}/task`);
  const stats = await Promise.all(threads.map((id) => read(`task/${id}/stat`)));
  const states = stats.map((stat) => stat.slice(stat.lastIndexOf(')') + 2)[0] ?? '');
  const children = await Promise.all(threads.map((id) => read(`task/${id}/children`)));
  const numbers = await readdir(`/proc/${pid}/fd`);
  const files = await Promise.all(
    numbers.map(async (number) => `${number} ${await readlink(`/proc/${pid}/fd/${number}`).catch(() => '')}`),
  );
  return {
    tracer: /^TracerPid:\s+(\d+)/m.exec(await read('status'))?.[1] ?? '',
    stopped: states.filter((state) => state === 't' || state === 'T'),
    children: children.flatMap((text) => text.split(' ').filter(Boolean)),
    files: files.toSorted(),
    watched: [...(await read('smaps')).matchAll(/^VmFlags:.* u[mwi]\b/gm)].length,
  };
}
