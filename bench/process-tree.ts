import { readdir, readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { interruptible } from './crowd.js';

/** What a command and all its children took. */
export interface Took {
  readonly stdout: string;
  /** User and system time of all of them. */
  readonly cpuS: number;
  /** Sum of the peaks that each process had at some time: never less than what they had at once. */
  readonly peakBytes: number;
  /** The most that all of them had together, as far as it was looked at. */
  readonly atOnceBytes: number;
}

interface Seen {
  readonly cpuTicks: number;
  readonly peakBytes: number;
}

const everyMs = 50;
const ticksPerS = 100;

/** Runs a command and looks at its processes again and again: what one used after the last look is not counted. */
export async function watched(
  argv: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Took> {
  const [file, ...args] = argv;
  const child = execa(file, args, { env, reject: false, ...interruptible(signal) });
  const seen = new Map<number, Seen>();
  let atOnceBytes = 0;
  let looking: Promise<void> | undefined;
  const lookAt = async (pid: number): Promise<void> => {
    atOnceBytes = Math.max(atOnceBytes, await look(pid, seen));
    looking = undefined;
  };
  const timer = setInterval(() => {
    if (child.pid !== undefined) looking ??= lookAt(child.pid);
  }, everyMs);
  try {
    const { stdout } = await child;
    await looking;
    const all = [...seen.values()];
    const sum = (of: (one: Seen) => number) => all.reduce((total, one) => total + of(one), 0);
    return {
      stdout,
      cpuS: sum(({ cpuTicks }) => cpuTicks) / ticksPerS,
      peakBytes: sum(({ peakBytes }) => peakBytes),
      atOnceBytes,
    };
  } finally {
    clearInterval(timer);
  }
}

/** What a process and its children have in memory now, bytes. */
async function look(pid: number, seen: Map<number, Seen>): Promise<number> {
  let bytes = 0;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = await readFile(`/proc/${pid}/status`, 'latin1');
    const peakKb = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    bytes += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
    const before = seen.get(pid);
    // A process that has ended and is not yet waited for has no memory any more.
    seen.set(pid, {
      cpuTicks: Math.max(before?.cpuTicks ?? 0, Number(fields[11]) + Number(fields[12])),
      peakBytes: Math.max(before?.peakBytes ?? 0, peakKb * 1024),
    });
    for (const thread of await readdir(`/proc/${pid}/task`)) {
      const children = await readFile(`/proc/${pid}/task/${thread}/children`, 'latin1');
      for (const child of children.split(' ')) if (child !== '') bytes += await look(Number(child), seen);
    }
  } catch (error) {
    // It has just ended.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')))
      throw error;
  }
  return bytes;
}
