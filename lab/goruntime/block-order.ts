import type { CoreMemory } from '../core/memory.js';
import type { RuntimeLayout } from './layout.js';

const blockBits = 16;
/** Blocks of 64 KiB: the heap of a core of 16 GB has a bucket for each of them. */
const buckets = 1 << 18;
/** With fewer goroutines even a scattered core costs less than looking. */
const worthLooking = 16_384;

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
 * Goroutines that were made one after another usually lie side by side, with their stacks and queue entries.
 * In a program that runs for weeks they need not: then a pass in the order of `runtime.allgs` would read the
 * same parts of the core again and again.
 */
export function isScattered(memory: CoreMemory, { allgs, g }: RuntimeLayout): boolean {
  if (allgs.length < worthLooking) return false;
  const window = Math.min(1024, allgs.length);
  const windows = Math.min(4, Math.floor(allgs.length / window));
  const blocks = new Set<number>();
  for (let w = 0; w < windows; w++) {
    const from = Math.floor(((allgs.length - window) / Math.max(windows - 1, 1)) * w);
    for (let i = from; i < from + window; i++) {
      const address = memory.u64(allgs.base + i * 8) ?? 0;
      for (const at of [address, memory.u64(address + g.bp), memory.u64(address + g.waiting)]) {
        if (at !== undefined) blocks.add(Math.floor(at / 65536));
      }
    }
  }
  return blocks.size > (windows * window) / 2;
}
