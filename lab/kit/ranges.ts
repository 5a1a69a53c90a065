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
  // Typed from the beginning: a million goroutines have as many stacks, and arrays of numbers are copied as they grow.
  let starts = new Float64Array(64);
  let ends = new Float64Array(64);
  let count = 0;
  let sorted = true;
  return {
    add(start, end) {
      if (end <= start) return;
      const lastStart = count === 0 ? -1 : (starts[count - 1] as number);
      const lastEnd = count === 0 ? -1 : (ends[count - 1] as number);
      if (count > 0 && start >= lastStart && start <= lastEnd + gap) {
        if (end > lastEnd) ends[count - 1] = end;
        return;
      }
      if (start < lastStart) sorted = false;
      if (count === starts.length) {
        starts = twiceAsLong(starts);
        ends = twiceAsLong(ends);
      }
      starts[count] = start;
      ends[count] = end;
      count += 1;
    },
    finish() {
      const collected = { starts: starts.subarray(0, count), ends: ends.subarray(0, count) };
      return sorted ? packed(collected) : merged(collected, gap);
    },
  };
}

/** All that any of them has. */
export function unionOf(lists: readonly Ranges[]): Ranges {
  const all = collectRanges();
  const next = lists.map(() => 0);
  for (;;) {
    let first = -1;
    let lowest = Infinity;
    for (let i = 0; i < lists.length; i++) {
      const start = lists[i]?.starts[next[i] as number];
      if (start === undefined || start >= lowest) continue;
      first = i;
      lowest = start;
    }
    if (first < 0) return all.finish();
    const at = next[first] as number;
    all.add(lowest, lists[first]?.ends[at] as number);
    next[first] = at + 1;
  }
}

function twiceAsLong(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(array.length * 2);
  longer.set(array);
  return longer;
}

type Collected = Pick<Ranges, 'starts' | 'ends'>;

function merged({ starts, ends }: Collected, gap: number): Ranges {
  const order = Uint32Array.from(starts, (_, i) => i).sort(
    (a, b) => (starts[a] as number) - (starts[b] as number),
  );
  const inOrder = collectRanges(gap);
  for (const i of order) inOrder.add(starts[i] as number, ends[i] as number);
  return inOrder.finish();
}

function packed({ starts, ends }: Collected): Ranges {
  let bytes = 0;
  for (let i = 0; i < starts.length; i++) bytes += (ends[i] as number) - (starts[i] as number);
  return { starts: starts.slice(), ends: ends.slice(), bytes };
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
