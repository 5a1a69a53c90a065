import type { BulkMemory } from '../../core/memory.js';
import type { HeapSpans } from './spans.js';

/** Marks objects of the heap, and what they lead to, taking every word for a pointer. */
export interface Marker {
  /** The object is neither marked nor looked into from now on. */
  skip(object: number): void;
  /** Its marking is told; of its memory, the part is left out that leads to others who wait, not to what one may use. */
  watch(object: number, leftOut: Range | undefined): void;
  /** Looks through memory for pointers. */
  scan(start: number, end: number): void;
  /** Marks what a word points at, if it is a pointer. */
  see(word: number): void;
  /** Looks into some of the marked objects; false when there is none left. */
  step(): boolean;
  isMarked(object: number): boolean;
  /** Whether pointers were seen that lead to an address in an object; not by what lies behind it where that counts. */
  leadsTo(address: number): boolean;
  isSkipped(object: number): boolean;
  /** Address of the word that led to a marked object; 0 where that was in a register, or was not to be noted. */
  cameFrom(object: number): number;
  /** Objects marked, and skipped. */
  counts(): { readonly marked: number; readonly skipped: number };
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

const chunk = 64 * 1024;
const page = 4096;
/** Bytes that one step looks through at most: between steps others have their turn. */
export const atOnce = 16 * 1024 * 1024;
/** What is read together comes from one block of the file. */
const blockSize = 128 * 1024;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods share bit sets, and are called for each word of the heap
export function newMarker(
  memory: BulkMemory,
  spans: HeapSpans,
  /** Memory that is never looked through. */
  leftOut: readonly Range[],
  /** Called when a watched object is marked. */
  onMarked: (object: number) => void,
  /** Whether to note what led to each object: eight bytes for each of the heap. */
  noted = false,
  /** Called when a word points at a skipped object. */
  onSkipped: (object: number) => void = () => undefined,
  /**
   * Whether a pointer into an object leads only to what lies from there on, as Go's types have it: who has a struct's field
   * does not have the struct. It takes four bytes for each object of the heap.
   */
  onwards = false,
): Marker {
  const bytes = Math.ceil(spans.objects / 8);
  const marks = new Uint8Array(bytes);
  const skips = new Uint8Array(bytes);
  const watched = new Uint8Array(bytes);
  const lows = onwards ? new Uint32Array(spans.objects) : undefined;
  const from = noted ? new Float64Array(spans.objects) : undefined;
  const queuesAt = new Map<number, Range>();
  const pending = newWorklist();
  const { low, high } = spans;
  const { view } = memory;
  const never = leftOut.toSorted((a, b) => a.start - b.start);
  let marked = 0;
  let skipped = 0;

  /** `at`: where the word lies; 0 for a register. */
  function see(word: number, at = 0): void {
    const object = spans.objectAt(word);
    if (object < 0) return;
    const isNew = !isSet(marks, object);
    if (!isNew && lows === undefined) return;
    if (isSet(skips, object)) {
      onSkipped(object);
      return;
    }
    const span = spans.lastSpan();
    const start = spans.startOf(object, span);
    const low = lows === undefined ? 0 : Math.floor((word - start) / 8);
    const known = isNew ? undefined : lows?.[object];
    if (known !== undefined && known <= low) return;
    if (lows !== undefined) lows[object] = low;
    const hole = isSet(watched, object) ? queuesAt.get(object) : undefined;
    if (spans.hasPointers(span) || hole !== undefined) {
      const end = known === undefined ? start + spans.sizeOf(span) : start + known * 8;
      addBesides(start + low * 8, end, hole);
    }
    if (!isNew) return;
    set(marks, object);
    marked += 1;
    if (from !== undefined) from[object] = at;
    if (isSet(watched, object)) onMarked(object);
  }

  function addBesides(start: number, end: number, hole: Range | undefined): void {
    if (hole === undefined) {
      pending.add(start, end);
      return;
    }
    if (start < hole.start) pending.add(start, Math.min(end, hole.start));
    if (end > hole.end) pending.add(Math.max(start, hole.end), end);
  }

  function scan(from: number, to: number): void {
    for (let start = from; start < to; ) {
      const gap = firstEndingAfter(never, start);
      const stop = gap === undefined ? to : Math.min(to, gap.start);
      if (start < stop) scanWhole(start, stop);
      start = gap === undefined || gap.start >= to ? to : gap.end;
    }
  }

  function scanWhole(first: number, end: number): void {
    for (let at = Math.ceil(first / 8) * 8; at < end; ) {
      let length = Math.min(chunk, end - at);
      let start = memory.span(at, length);
      if (start < 0) {
        // Where a page is not in the core, those beside it still count.
        length = Math.min(page - (at % page), length);
        start = memory.span(at, length);
      }
      if (start >= 0) {
        for (let i = start; i + 8 <= start + length; i += 8) {
          const upper = view.getUint32(i + 4, true);
          if (upper === 0) continue;
          const value = view.getUint32(i, true) + upper * 2 ** 32;
          if (value >= low && value < high) see(value, at + i - start);
        }
      }
      at = start < 0 ? Math.ceil(memory.heldFrom(at + length) / 8) * 8 : at + length;
    }
  }

  return {
    see: (word) => see(word),
    scan,
    skip(object) {
      if (object < 0 || isSet(skips, object)) return;
      set(skips, object);
      skipped += 1;
    },
    watch(object, leftOutOf) {
      set(watched, object);
      if (leftOutOf !== undefined) queuesAt.set(object, leftOutOf);
    },
    step: () => pending.eachOfNextBlock(scan),
    isMarked: (object) => isSet(marks, object),
    leadsTo(address) {
      const object = spans.objectAt(address);
      if (object < 0 || !isSet(marks, object)) return false;
      return spans.startOf(object, spans.lastSpan()) + (lows?.[object] ?? 0) * 8 <= address;
    },
    isSkipped: (object) => isSet(skips, object),
    cameFrom: (object) => from?.[object] ?? 0,
    counts: () => ({ marked, skipped }),
  };
}

function isSet(bits: Uint8Array, i: number): boolean {
  return ((bits[i >>> 3] as number) & (1 << (i & 7))) !== 0;
}

function set(bits: Uint8Array, i: number): void {
  bits[i >>> 3] = (bits[i >>> 3] as number) | (1 << (i & 7));
}

/** Of sorted ranges that do not overlap. */
function firstEndingAfter(ranges: readonly Range[], address: number): Range | undefined {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as Range).end <= address) low = middle + 1;
    else high = middle;
  }
  return ranges[low];
}

/** Objects to be looked into, by the block of the file that they are in, so that each block is read few times. */
function newWorklist() {
  const blocks = new Map<number, number[]>();
  return {
    add(start: number, end: number) {
      const block = Math.floor(start / blockSize);
      const list = blocks.get(block);
      if (list === undefined) blocks.set(block, [start, end]);
      else list.push(start, end);
    },
    eachOfNextBlock(look: (start: number, end: number) => void): boolean {
      const first = blocks.entries().next();
      if (first.done === true) return false;
      const [block, list] = first.value;
      // Objects of this very block that are found meanwhile are added to the same list.
      let room = atOnce;
      while (list.length > 0 && room > 0) {
        const end = list.pop() ?? 0;
        const start = list.pop() ?? 0;
        const stop = Math.min(end, start + room);
        room -= stop - start;
        if (stop < end) list.push(stop, end);
        look(start, stop);
      }
      if (list.length === 0) blocks.delete(block);
      return true;
    },
  };
}
