import { type BulkMemory, wordAt } from '../core/memory.js';
import { orderByBlock, placementOf } from './block-order.js';
import type { RuntimeLayout } from './layout.js';

/**
 * Goroutines that are read together. Where the core is orderly, what belongs to them is in the small cache from their
 * structs on until their queue entries; where it is less so, in the large one.
 */
const narrowBatch = 1 << 5;
export const smallBatch = 1 << 11;
/** Where it is not at all, each kind of struct is read by its address: 80 MB of arrays, whatever the core's size. */
const largeBatch = 1 << 20;

/** How the goroutines of a core are best read. */
export interface Reading {
  /** Goroutines of a batch. */
  readonly size: number;
  /** Through a small cache. */
  readonly narrow: boolean;
}

export function readingOf(memory: BulkMemory, layout: RuntimeLayout): Reading {
  const placement = placementOf(memory, layout, narrowBatch);
  const size = { orderly: narrowBatch, loose: smallBatch, scattered: largeBatch }[placement];
  return { size: Math.min(size, layout.allgs.length), narrow: placement === 'orderly' };
}

export const memoryFor = ({ narrow }: Reading, memory: BulkMemory): BulkMemory =>
  narrow ? (memory.narrow?.() ?? memory) : memory;

export interface Batch {
  readonly g: Float64Array;
  readonly bp: Float64Array;
  /** Of those that are not parked, 0 for the others; where the stack begins and ends. */
  readonly sp: Float64Array;
  readonly stackLo: Float64Array;
  readonly stackHi: Float64Array;
  /** The next queue entry to look at. */
  readonly sudog: Float64Array;
  /** Addresses of labels; 0 for none. */
  readonly labels: Float64Array;
  /** Numbers of `classes`. */
  readonly class: Uint32Array;
  readonly stack: Uint32Array;
  readonly target: Uint32Array;
  readonly reason: Uint8Array;
  /** Indexes of the goroutines that are alive, in order; then those still to be looked at. */
  readonly live: Uint32Array;
  readonly active: Uint32Array;
  readonly ordered: Uint32Array;
  liveCount: number;
}

export function newBatch(size: number): Batch {
  return {
    g: new Float64Array(size),
    bp: new Float64Array(size),
    sp: new Float64Array(size),
    stackLo: new Float64Array(size),
    stackHi: new Float64Array(size),
    sudog: new Float64Array(size),
    labels: new Float64Array(size),
    class: new Uint32Array(size),
    stack: new Uint32Array(size),
    target: new Uint32Array(size),
    reason: new Uint8Array(size),
    live: new Uint32Array(size),
    active: new Uint32Array(size),
    ordered: new Uint32Array(size),
    liveCount: 0,
  };
}

export function readAddresses(
  memory: BulkMemory,
  { allgs }: RuntimeLayout,
  batch: Batch,
  from: number,
  length: number,
): void {
  const step = 4096;
  batch.liveCount = 0;
  for (let done = 0; done < length; done += step) {
    const some = Math.min(step, length - done);
    const at = memory.span(allgs.base + (from + done) * 8, some * 8);
    if (at < 0) throw new RangeError(`runtime.allgs[${from + done}] is not in the core`);
    for (let i = 0; i < some; i++) {
      const address = wordAt(memory.view, at + i * 8);
      batch.g[done + i] = address;
      if (address !== 0) batch.live[batch.liveCount++] = done + i;
    }
  }
}

/** Small batches need no order: what they read stays in the cache. */
export function inOrder(
  addresses: Float64Array,
  indexes: Uint32Array,
  length: number,
  batch: Batch,
): Uint32Array {
  if (batch.g.length <= smallBatch) return indexes;
  orderByBlock(addresses, indexes, length, batch.ordered);
  return batch.ordered;
}
