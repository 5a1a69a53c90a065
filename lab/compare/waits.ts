import type { RosterGroup } from '../analysis/model/roster.js';
import type { Look } from './model.js';

/** By goroutine: seconds that it has waited at least, 0 where that is not known. */
export type Waits = ReadonlyMap<number, number>;

/** How far the wait of a goroutine may be above what a look says, seconds: dumps count minutes. */
const resolution: Readonly<Record<Look['kind'], number>> = { dump: 60, core: 1 };
/** Between clocks and files, seconds. */
const slack = 1;

export function waitsOf(groups: readonly RosterGroup[]): Waits {
  const out = new Map<number, number>();
  for (const { ids, waited } of groups) {
    for (const [i, id] of ids.entries()) out.set(id, waited?.[i] ?? 0);
  }
  return out;
}

/**
 * Seconds between two looks as waits show them, `seconds` at most. A core has no clock: its waits are counted to the latest
 * moment that the runtime has noted, which may be a minute old where nothing runs. Who did not run has waited
 * longer by the time between, and nobody by more.
 */
export function waitedBetween(
  earlier: readonly Waits[],
  later: readonly Waits[],
  seconds: number | null,
): number {
  const before = new Map(earlier.flatMap((waits) => [...waits]));
  let longest = 0;
  for (const waits of later) {
    for (const [id, waited] of waits) {
      const had = before.get(id) ?? 0;
      if (had > 0 && waited > 0) longest = Math.max(longest, waited - had);
    }
  }
  return Math.min(longest, seconds ?? longest);
}

/**
 * Whether a goroutine ran between two looks that have it at one place, by how long it waits in them. The runtime notes that
 * at its next garbage collection, and forgets it when the goroutine runs: a wait that was known and is shorter has begun since.
 */
export function hasRun(
  before: number,
  after: number,
  { kind, between }: { readonly kind: Look['kind']; readonly between: number },
): boolean {
  return before > 0 && after + resolution[kind] + slack <= before + between;
}
