import type { Bucket } from './snapshot.js';

/** Goroutines in all of them. */
export const countOf = (buckets: readonly Bucket[]) => buckets.reduce((sum, bucket) => sum + bucket.count, 0);

/** `1 goroutine waits`, `2 goroutines wait`. */
export const numbered = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
