/** Address ranges, sorted and free of overlaps. Typed arrays: a core may have millions of objects. */
export interface Ranges {
  readonly starts: Float64Array;
  /** Exclusive. */
  readonly ends: Float64Array;
  readonly bytes: number;
}

export interface RangeCollector {
  add(start: number, end: number): void;
  finish(): Ranges;
}

/** Collects ranges in any order; those that touch, or are at most `gap` bytes apart, become one. */
export function collectRanges(gap = 0): RangeCollector {
  const starts: number[] = [];
  const ends: number[] = [];
  let sorted = true;
  return {
    add(start, end) {
      if (end <= start) return;
      const last = starts.length - 1;
      const lastStart = starts[last] ?? -1;
      const lastEnd = ends[last] ?? -1;
      if (last >= 0 && start >= lastStart && start <= lastEnd + gap) {
        if (end > lastEnd) ends[last] = end;
        return;
      }
      if (start < lastStart) sorted = false;
      starts.push(start);
      ends.push(end);
    },
    finish: () => (sorted ? packed(starts, ends) : merged(starts, ends, gap)),
  };
}

function merged(starts: readonly number[], ends: readonly number[], gap: number): Ranges {
  const order = Uint32Array.from(starts, (_, i) => i).sort(
    (a, b) => (starts[a] as number) - (starts[b] as number),
  );
  const inOrder = collectRanges(gap);
  for (const i of order) inOrder.add(starts[i] as number, ends[i] as number);
  return inOrder.finish();
}

function packed(starts: readonly number[], ends: readonly number[]): Ranges {
  let bytes = 0;
  for (let i = 0; i < starts.length; i++) bytes += (ends[i] as number) - (starts[i] as number);
  return { starts: Float64Array.from(starts), ends: Float64Array.from(ends), bytes };
}

/** Calls with the part of each range that lies in [start, end). */
export function eachWithin(
  { starts, ends }: Ranges,
  start: number,
  end: number,
  visit: (start: number, end: number) => void,
): void {
  for (let i = firstEndingAfter(ends, start); i < starts.length && (starts[i] as number) < end; i++) {
    visit(Math.max(starts[i] as number, start), Math.min(ends[i] as number, end));
  }
}

export function contains({ starts, ends }: Ranges, address: number): boolean {
  const i = firstEndingAfter(ends, address);
  return i < starts.length && (starts[i] as number) <= address;
}

function firstEndingAfter(ends: Float64Array, address: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}
