import { readdirSync, readFileSync } from 'node:fs';
import { epochMs } from '../clock.js';
import { parseProcStat } from '../targets/process-identity.js';
import type { Target } from '../targets/target.js';

/** One look at the server's process. */
export interface ProcessStats {
  /** Milliseconds of the Unix epoch. */
  readonly at: number;
  /** The main thread's state letter, proc(5). A stopped process is `T`, one in the hands of a tracer `t`. */
  readonly state: string;
  /** User and system time of all threads since the start, milliseconds. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** Pages that had to be read from disk since the start. */
  readonly majorFaults: number;
  /** Threads that run or wait for a processor at this moment; absent when nobody looked or could tell. */
  readonly runnable?: number;
}

// USER_HZ is 100 on every architecture that Go supports on Linux, whatever the kernel's own HZ; the page
// size is 4 KiB on amd64. A larger page makes `rssBytes` too small and changes no verdict.
const msPerTick = 10;
const bytesPerPage = 4_096;

/** Reads `/proc/PID/stat` of the target; `undefined` when the process is gone. */
export async function readProcessStats(
  target: Target,
  pid: number,
  options: { readonly threads: boolean },
  signal: AbortSignal,
): Promise<ProcessStats | undefined> {
  const text = await target.readFile(`/proc/${pid}/stat`, signal);
  const stat = text === undefined ? undefined : parseProcStat(text);
  if (text === undefined || stat === undefined) return undefined;
  const at = epochMs();
  const runnable = options.threads ? await countRunnable(target, pid, signal) : undefined;
  return {
    at,
    state: stat.state,
    cpuMs: stat.cpuTicks * msPerTick,
    rssBytes: stat.rssPages * bytesPerPage,
    majorFaults: majorFaultsOf(text),
    ...(runnable === undefined ? {} : { runnable }),
  };
}

/** Field 12 of `/proc/PID/stat`. */
function majorFaultsOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[12 - 3] ?? 0);
}

/** A process that is kept from the processors uses no CPU time either, but its threads are not asleep. */
async function countRunnable(target: Target, pid: number, signal: AbortSignal): Promise<number | undefined> {
  // A process for each look costs a busy machine more than all that is looked at.
  if (target.kind === 'local') return countRunnableHere(pid);
  try {
    const argv = ['ps', '-L', '-o', 'stat=', '-p', String(pid)];
    const { exitCode, stdout } = await target.exec(argv, { signal, timeoutMs: 1_000 });
    if (exitCode !== 0) return undefined;
    return stdout.split('\n').filter((line) => line.startsWith('R')).length;
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined; // no `ps` there: the verdict rests on CPU time alone
  }
}

/** The threads of a process of this machine, from /proc; `undefined` when it is gone. */
function countRunnableHere(pid: number): number | undefined {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder).filter((thread) => {
      try {
        const stat = readFileSync(`${folder}/${thread}/stat`, 'utf8');
        return stat[stat.lastIndexOf(')') + 2] === 'R';
      } catch {
        return false; // it has ended meanwhile
      }
    }).length;
  } catch {
    return undefined;
  }
}
