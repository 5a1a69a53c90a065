import { epochMs } from '../clock.js';
import { lookAtCount } from '../stampede/look.js';
import type { ServiceLook } from './duty-state.js';

export interface ServicePages {
  /** Where the service tells its counters. */
  readonly metrics: string | undefined;
  /** Which of them counts work that is done; its first group, else the last number of the line. */
  readonly progress: RegExp | undefined;
  /** A goroutine page of pprof. */
  readonly goroutines: string | undefined;
}

const timeoutMs = 2_000;
/** A page of counters is small; more than this is none. */
const most = 4 << 20;

/** What the service says of itself; what it does not answer is left out. Throws `interrupted`. */
export async function askService(pages: ServicePages, signal: AbortSignal): Promise<ServiceLook> {
  const [progress, count] = await Promise.all([
    progressOf(pages, signal),
    pages.goroutines === undefined ? undefined : lookAtCount(pprofRoot(pages.goroutines), timeoutMs, signal),
  ]);
  return {
    at: epochMs(),
    ...(progress === undefined ? {} : { progress }),
    ...(count?.answered === true ? { goroutines: count.goroutines } : {}),
  };
}

/** The address that pprof's pages lie below. */
export function pprofRoot(url: string): string {
  return url.replace(/\/debug\/pprof\/?.*$/, '');
}

async function progressOf(
  { metrics, progress }: ServicePages,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (metrics === undefined || progress === undefined) return undefined;
  try {
    const response = await fetch(metrics, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = (await response.text()).slice(0, most);
    return response.ok ? counted(text, progress) : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** The sum over all lines that match: counters come in several by their labels. `undefined` where none does. */
export function counted(text: string, progress: RegExp): number | undefined {
  const values = text.split('\n').flatMap((line) => {
    if (line.startsWith('#')) return [];
    const found = progress.exec(line);
    if (found === null) return [];
    const value = Number(found[1] ?? /(\S+)\s*$/.exec(line)?.[1]);
    return Number.isFinite(value) ? [value] : [];
  });
  return values.length === 0 ? undefined : values.reduce((sum, n) => sum + n, 0);
}
