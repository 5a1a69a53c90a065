import type { Diagnosis, Location } from './diagnosis.js';
import type { Roster } from './roster.js';

/** Where goroutines ran, or could have run, when an earlier look was taken: their frames by their ids. */
export type RanThen = ReadonlyMap<number, readonly Location[]>;

/** `undefined` where the look does not tell which goroutine is which. */
export function ranThen({ groups }: Diagnosis, roster: Roster | undefined): RanThen | undefined {
  if (roster === undefined) return undefined;
  const running = new Map(
    groups.filter(({ waitReason }) => waitReason === '').map(({ id, stack }) => [id, stack]),
  );
  const out = new Map<number, readonly Location[]>();
  for (const { group, ids } of roster) {
    const stack = running.get(group);
    if (stack !== undefined) for (const id of ids) out.set(id, stack);
  }
  return out;
}

/** Lines of a file that a loop takes. */
export interface LoopLines {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

export const ranInLoop = (then: RanThen, goroutine: number, { file, from, to }: LoopLines): boolean =>
  then.get(goroutine)?.some((frame) => frame.file === file && frame.line >= from && frame.line <= to) ===
  true;
