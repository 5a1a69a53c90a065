import { type CoreMemory, narrowCache } from '../core/memory.js';
import type { RuntimeLayout } from './layout.js';

const blockBits = 16;
/** Blocks of 64 KiB: the heap of a core of 16 GB has a bucket for each of them. */
const buckets = 1 << 18;
/** With fewer goroutines even a scattered core costs less than looking. */
const worthLooking = 16_384;
/** Blocks that a small cache reads again cost less than a large one does, up to a point. */
const worthAgain = 1.5;

/**
 * Writes the indexes `from` (the first `count` of them) into `to`, those whose address lies in the same 64 KiB
 * side by side, and in the order of addresses but for what is very far apart. A core of gigabytes is then read
 * once from its beginning to its end, however its goroutines were allocated.
 */
export function orderByBlock(
  addresses: Float64Array,
  from: Uint32Array,
  count: number,
  to: Uint32Array,
): void {
  const starts = new Uint32Array(buckets + 1);
  for (let i = 0; i < count; i++) {
    const bucket = bucketOf(addresses[from[i] as number] as number) + 1;
    starts[bucket] = (starts[bucket] as number) + 1;
  }
  for (let i = 1; i <= buckets; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
  for (let i = 0; i < count; i++) {
    const index = from[i] as number;
    const bucket = bucketOf(addresses[index] as number);
    const at = starts[bucket] as number;
    to[at] = index;
    starts[bucket] = at + 1;
  }
}

const bucketOf = (address: number) => ((address / 2 ** blockBits) | 0) & (buckets - 1);

/**
 * How goroutines that follow each other in `runtime.allgs` lie in the core, with their stacks and queue entries: side
 * by side, as those do that were made one after another; anywhere, after weeks; or in between.
 */
export type Placement = 'orderly' | 'loose' | 'scattered';

/** By a look at some samples: a pass in the order of the list would read a scattered core again and again. */
export function placementOf(memory: CoreMemory, { allgs, g }: RuntimeLayout, batch: number): Placement {
  if (allgs.length < worthLooking) return 'loose';
  const window = Math.min(1024, allgs.length);
  const windows = Math.min(4, Math.floor(allgs.length / window));
  const blocks = new Set<number>();
  const narrow = blocksHeld(narrowCache.ways * narrowCache.sets);
  const look = (address: number | undefined) => {
    if (address === undefined) return;
    const block = Math.floor(address / narrowCache.blockSize);
    blocks.add(block);
    narrow.touch(block);
  };
  for (let w = 0; w < windows; w++) {
    const first = Math.floor(((allgs.length - window) / Math.max(windows - 1, 1)) * w);
    for (let from = first; from < first + window; from += batch) {
      const some = Math.min(batch, first + window - from);
      const list = Array.from({ length: some }, (_, i) => memory.u64(allgs.base + (from + i) * 8) ?? 0);
      for (const address of list) look(address);
      for (const address of list) look(memory.u64(address + g.bp));
      for (const address of list) look(memory.u64(address + g.waiting));
    }
  }
  if (blocks.size > (windows * window) / 2) return 'scattered';
  return narrow.reads() <= blocks.size * worthAgain ? 'orderly' : 'loose';
}

/** How often a cache of so many blocks would have to read. */
function blocksHeld(most: number) {
  // The one that was used last comes last.
  const held: number[] = [];
  let reads = 0;
  return {
    touch(block: number) {
      const at = held.lastIndexOf(block);
      if (at >= 0) held.splice(at, 1);
      else {
        reads += 1;
        if (held.length === most) held.shift();
      }
      held.push(block);
    },
    reads: () => reads,
  };
}
