import { readFile } from 'node:fs/promises';
import type { ProcessIdentity } from './target.js';

export interface ProcStat {
  /** One letter of proc(5): R, S, D, T, t, Z, X ... */
  readonly state: string;
  /** User and system time of all threads, in clock ticks. */
  readonly cpuTicks: number;
  readonly startTicks: number;
  readonly threads: number;
  /** Resident set, in pages. */
  readonly rssPages: number;
}

/**
 * Parses `/proc/PID/stat` (proc(5)). The command name in parentheses may itself hold spaces and
 * parentheses, so fields are counted from the last closing one.
 */
export function parseProcStat(text: string): ProcStat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (field: number): number => Number(fields[field - 3]);
  const state = fields[0];
  if (state === undefined || !text.includes(')') || !Number.isFinite(at(24))) return undefined;
  return { state, cpuTicks: at(14) + at(15), startTicks: at(22), threads: at(20), rssPages: at(24) };
}

/** The identity of a living process of this machine. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readStat(pid);
  return stat === undefined ? undefined : { pid, startTicks: stat.startTicks };
}

/** Whether that very process still runs; a zombie does not. */
export async function isSameProcess({ pid, startTicks }: ProcessIdentity): Promise<boolean> {
  const stat = await readStat(pid);
  return stat !== undefined && stat.startTicks === startTicks && stat.state !== 'Z' && stat.state !== 'X';
}

async function readStat(pid: number): Promise<ProcStat | undefined> {
  try {
    return parseProcStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}
