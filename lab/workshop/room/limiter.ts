/** How often something may happen: so many at once, and so many a second after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Counts by key, each with a bucket of its own that fills with time. */
export interface Limiter {
  /** Whether it may happen now; `now` in milliseconds. */
  take(key: string, now: number): boolean;
}

/** Keys that are remembered at most; of more the one that was seen least recently is forgotten. */
const maxKeys = 4_096;

export function openLimiter({ burst, perSecond }: Rate): Limiter {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  return {
    take(key, now) {
      const before = buckets.get(key);
      const filled =
        before === undefined ? burst : Math.min(burst, before.left + ((now - before.at) / 1_000) * perSecond);
      const granted = filled >= 1;
      buckets.delete(key);
      buckets.set(key, { left: granted ? filled - 1 : filled, at: now });
      if (buckets.size > maxKeys) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      return granted;
    },
  };
}
