import { readdir, readFile } from 'node:fs/promises';
import { epochMs } from '../clock.js';
import type { ProcessStats } from '../hang/process-stats.js';
import { readProcessStats } from '../hang/process-stats.js';
import { localTarget } from '../targets/local.js';
import type { HostLook } from './duty-state.js';

/** A look at a process of this machine: its statistics, and what else tells a hang from what looks like one. */
export interface ProcessLook {
  readonly stats: ProcessStats;
  readonly host: HostLook;
}

const target = localTarget();

/** The statistics alone, which cost little; `undefined` when the process is gone. */
export async function glanceAt(pid: number, signal: AbortSignal): Promise<ProcessStats | undefined> {
  const stats = await readProcessStats(target, pid, { threads: false }, signal);
  return stats === undefined || stats.state === 'Z' || stats.state === 'X' ? undefined : stats;
}

/** `undefined` when the process is gone. With `port`, connections that wait to be accepted there are counted. */
export async function lookAt(
  pid: number,
  port: number | undefined,
  signal: AbortSignal,
): Promise<ProcessLook | undefined> {
  const stats = await glanceAt(pid, signal);
  if (stats === undefined) return undefined;
  const { running, uninterruptible } = await threadsOf(pid);
  const written = await writtenBy(pid);
  const queued = port === undefined ? undefined : await queuedAt(pid, port);
  return {
    stats: { ...stats, runnable: running },
    host: {
      ...{ at: epochMs(), uninterruptible },
      ...(written === undefined ? {} : { written }),
      ...(queued === undefined ? {} : { queued }),
    },
  };
}

async function threadsOf(pid: number): Promise<{ running: number; uninterruptible: number }> {
  const tids = await readdir(`/proc/${pid}/task`).catch(() => []);
  const states = await Promise.all(
    tids.map(async (tid) => {
      const stat = await readFile(`/proc/${pid}/task/${tid}/stat`, 'utf8').catch(() => '');
      return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    }),
  );
  const count = (letter: string): number => states.filter((state) => state === letter).length;
  return { running: count('R'), uninterruptible: count('D') };
}

/** `wchar` of proc(5); of another user's process it may not be read. */
async function writtenBy(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/io`, 'utf8').catch(() => '');
  const found = /^wchar: (\d+)$/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Field `rx_queue` of a listening socket in `/proc/PID/net/tcp` (state 0A) is its accept queue. */
async function queuedAt(pid: number, port: number): Promise<number | undefined> {
  const files = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  );
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const queues = files
    .join('\n')
    .split('\n')
    .flatMap((line) => {
      const [, local = '', , state, queue = ''] = line.trim().split(/\s+/);
      return state === '0A' && local.endsWith(wanted)
        ? [Number.parseInt(queue.split(':')[1] ?? '0', 16)]
        : [];
    });
  return queues.length === 0 ? undefined : queues.reduce((sum, n) => sum + n, 0);
}
