import { readFile } from 'node:fs/promises';
import { poll } from '../../lab/deadline.js';
import { parseProcStat } from '../../lab/targets/process-identity.js';

/** Longer than a case pauses by itself before it hangs. */
const windowMs = 2_500;
/** Of 10 ms each: under one percent of a processor. What a hung program still does, a ticker for example, takes less. */
const fewTicks = 2;
/** A tenth of a processor over that time: what works on gets no more where many work. */
const manyTicks = windowMs / 10 / 10;

export type Stillness = 'still' | 'slow' | 'busy' | 'ended';

/**
 * Waits until the process has used next to no processor time for a while. When it never did in that time: `busy` when
 * at the end it still used a tenth of a processor or more, else `slow`.
 */
export async function untilStill(pid: number, withinMs: number, signal: AbortSignal): Promise<Stillness> {
  const looks: { readonly at: number; readonly ticks: number }[] = [];
  let last = 0;
  const look = async (): Promise<Stillness | undefined> => {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const stat = parseProcStat(text);
    if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return 'ended';
    const at = performance.now();
    const then = looks.findLast((earlier) => earlier.at <= at - windowMs);
    looks.push({ at, ticks: stat.cpuTicks });
    if (then === undefined) return undefined;
    last = stat.cpuTicks - then.ticks;
    return last <= fewTicks ? 'still' : undefined;
  };
  const found = await poll(look, { signal, deadlineMs: withinMs, everyMs: 100 });
  return found ?? (last >= manyTicks ? 'busy' : 'slow');
}
