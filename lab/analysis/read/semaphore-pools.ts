import {
  findSemaphore,
  type RawSemaphore,
  readSemaphoreLayout,
  type SemaphoreSource,
} from '../../goruntime/pools/semaphore.js';
import type { Pool } from '../model/pool.js';
import type { Bucket } from '../model/snapshot.js';
import type { OpenHeap } from './open-heap.js';
import { channelsOf, stackWords } from './pool-source.js';

/** Semaphores of which goroutines wait for a permit, by buckets. */
export async function semaphoresOf(
  waiting: readonly Bucket[],
  heap: OpenHeap,
  signal: AbortSignal,
): Promise<ReadonlyMap<RawSemaphore, readonly Bucket[]>> {
  const out = new Map<RawSemaphore, Bucket[]>();
  if (waiting.length === 0) return out;
  const layout = await readSemaphoreLayout(heap.evaluate, heap.reach.runtime.allgs.base, signal);
  if (layout === undefined) return out;
  const source: SemaphoreSource = { memory: heap.reach.memory, spans: heap.spans, layout };
  for (const bucket of waiting) {
    const channels = channelsOf(bucket);
    const isIt = ({ waiting: queue }: RawSemaphore) => channels.some((channel) => queue.has(channel));
    let found = [...out.keys()].find(isIt);
    if (found === undefined) {
      const words = stackWords(bucket, heap);
      found = channels
        .map((channel) => findSemaphore(source, words, channel))
        .find((one) => one !== undefined);
    }
    if (found !== undefined) out.set(found, [...(out.get(found) ?? []), bucket]);
  }
  return out;
}

/** Whoever has a permit has nothing in memory that shows it: the sources tell. */
export const permitsOf = ({ address, size, current, waiting }: RawSemaphore): Pool => ({
  ...{ kind: 'semaphore', type: 'semaphore.Weighted', goType: 'golang.org/x/sync/semaphore.Weighted' },
  ...{ address, unit: 'permit', limitedBy: 'NewWeighted', limit: size, open: current, waiting, units: [] },
});
