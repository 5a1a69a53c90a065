/** A stretch of a process's memory that a file holds. */
export interface Segment {
  readonly file: number;
  readonly start: number;
  /** End of what the file holds, not of what the process had mapped. */
  readonly end: number;
  readonly offset: number;
}

export const sortSegments = (segments: readonly Segment[]) => [...segments].sort((a, b) => a.start - b.start);

/** What of sorted segments lies in none of `others`: a core may have single pages of what the executable has whole. */
export function uncovered(segments: readonly Segment[], others: readonly Segment[]): Segment[] {
  const out: Segment[] = [];
  for (const segment of segments) {
    let { start } = segment;
    const add = (end: number) => {
      if (start < end) out.push({ ...segment, start, end, offset: segment.offset + start - segment.start });
    };
    for (const other of others) {
      if (other.end <= start || other.start >= segment.end) continue;
      add(other.start);
      start = Math.max(start, other.end);
    }
    add(segment.end);
  }
  return out;
}

/** The lowest address from this one on that is in one of sorted segments; `Infinity` when there is none. */
export function heldFrom(segments: readonly Segment[], address: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.end ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return Math.max(address, segments[low]?.start ?? Number.POSITIVE_INFINITY);
}

/** Of sorted segments. */
export function segmentAt(segments: readonly Segment[], address: number): Segment | undefined {
  let low = 0;
  let high = segments.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const segment = segments[middle];
    if (segment === undefined) return undefined;
    if (address < segment.start) high = middle - 1;
    else if (address >= segment.end) low = middle + 1;
    else return segment;
  }
  return undefined;
}
