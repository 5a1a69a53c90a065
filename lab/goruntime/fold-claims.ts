import type { Reading } from './fold-batch.js';
import type { RuntimeLayout } from './layout.js';

/** What threads that fold the goroutines of one core have in common. */
export interface FoldJob {
  readonly exe: string;
  readonly core: string;
  readonly layout: RuntimeLayout;
  readonly reading: Reading;
  /** Keep which goroutines a stack has. */
  readonly members: boolean;
  /** Shared: the number of stretches of `runtime.allgs` that somebody has taken. */
  readonly claimed: Int32Array<SharedArrayBuffer>;
}

/** Some 30 stretches in a million: nobody waits long for the last one, and each reads what lies side by side. */
const perClaim = 1 << 15;

/** Batches that this thread is to read: it takes a stretch of them at a time, as long as there are any left. */
export function* eachClaimed({ layout, reading, claimed }: Pick<FoldJob, 'layout' | 'reading' | 'claimed'>) {
  const { length } = layout.allgs;
  const { size } = reading;
  const stretch = Math.max(size, perClaim);
  for (;;) {
    const start = Atomics.add(claimed, 0, 1) * stretch;
    if (start >= length) return;
    const end = Math.min(start + stretch, length);
    for (let from = start; from < end; from += size) yield { from, length: Math.min(size, end - from) };
  }
}
