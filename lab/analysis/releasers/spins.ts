import type { Spin as ToldSpin } from '../../source/facts.js';
import type { Sources } from '../../source/sources.js';
import { type RanThen, ranInLoop } from '../model/ran-then.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import { stacksOf } from '../model/source-stacks.js';

/** A loop in which a goroutine takes processor time and does nothing: only others can end it. */
export interface Spin extends Omit<ToldSpin, 'changers'> {
  /** In how many looks it was seen there. */
  readonly looks: number;
  /** Places that change what it asks, with the keys of the buckets that have them ahead. */
  readonly changers: readonly {
    readonly function: string;
    readonly file: string;
    readonly line: number;
    readonly buckets: readonly string[];
  }[];
}

/** A loop's test is not far from it: so many of the program's frames are asked, the innermost first. */
const mostFrames = 12;

/**
 * The loops that goroutines spin in which run or could run when the input was taken, by the keys of their buckets. That
 * one stands there at one moment says nothing of how long; where there were looks before, it stood there in all of them.
 */
export async function findSpins(
  snapshot: Snapshot,
  sources: Sources,
  earlier: readonly RanThen[],
): Promise<ReadonlyMap<string, Spin>> {
  const stacks = stacksOf(snapshot);
  const buckets = new Map<string, Bucket[]>();
  for (const bucket of snapshot.buckets) {
    const own = buckets.get(bucket.signature.id);
    if (own === undefined) buckets.set(bucket.signature.id, [bucket]);
    else own.push(bucket);
  }
  const running = new Set(
    snapshot.signatures.flatMap(({ id, system, status }) =>
      !system && (status === 'running' || status === 'runnable') ? [id] : [],
    ),
  );
  const items = stacks.flatMap(({ id, frames }, stack) => {
    if (!running.has(id)) return [];
    const own = frames.flatMap((_, frame) =>
      sources.frame(stack, frame).library ? [] : [{ id, stack, frame }],
    );
    return own.slice(0, mostFrames);
  });
  const told = await sources.spins(items.map(({ stack, frame }) => ({ stack, frame })));
  const out = new Map<string, Spin>();
  for (const [i, { id }] of items.entries()) {
    const spin = told[i];
    if (spin === undefined) continue;
    const changers = spin.changers.map(({ stacks: ahead, ...change }) => ({
      ...change,
      buckets: ahead.flatMap((n) => (buckets.get(stacks[n]?.id ?? '') ?? []).map(({ key }) => key)),
    }));
    for (const { key, ids } of buckets.get(id) ?? []) {
      const stayed = earlier.every((then) => ids.every((goroutine) => ranInLoop(then, goroutine, spin)));
      if (!out.has(key) && stayed) out.set(key, { ...spin, changers, looks: earlier.length + 1 });
    }
  }
  return out;
}
