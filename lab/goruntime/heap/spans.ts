import { type BulkMemory, wordAt } from '../../core/memory.js';
import type { Field, HeapLayout } from './layout.js';

/** Objects of the heap, numbered from 0 in the order of their spans. */
export interface HeapSpans {
  readonly objects: number;
  /** Number of the object that an address points at or into; -1 when it points at none. */
  objectAt(address: number): number;
  /** Number of the span that the object last returned by `objectAt` is in. */
  lastSpan(): number;
  startOf(object: number, span: number): number;
  sizeOf(span: number): number;
  /** Whether objects of the span may hold pointers. */
  hasPointers(span: number): boolean;
  /** Lowest address of a span, and end of the highest: what lies outside points at no object. */
  readonly low: number;
  readonly high: number;
  /** Address of the list of what is attached to objects of a span, and where the span begins. */
  readonly specials: readonly { readonly first: number; readonly span: number; readonly start: number }[];
  all(): Iterable<Span>;
  /** Calls with the number of each slot of a span that holds no object. */
  eachFree(span: number, mark: (object: number) => void): void;
}

export interface Span {
  readonly span: number;
  readonly start: number;
  readonly end: number;
  /** Its first object, and how many it has room for. */
  readonly first: number;
  readonly slots: number;
}

/** 8 KiB on every platform (`runtime._PageSize`), 64 MiB arenas are only our own way to index pages. */
export const pageSize = 8192;
const pagesPerArena = 8192;
const arenaSize = pageSize * pagesPerArena;
/** `mSpanInUse`: it holds objects, not stacks. */
export const inUse = 1;

/** A heap has at most so many times what the core has, which may have been slimmed; of the smallest cores this much. */
const mostApparent = 16;
const smallHeap = 2 ** 28;

/** Whether the objects of a span have room in its pages, and these in user space. */
function isSound(start: number, pages: number, size: number, slots: number): boolean {
  const bytes = pages * pageSize;
  return start % pageSize === 0 && start + bytes < 2 ** 47 && bytes > 0 && size >= 8 && size * slots <= bytes;
}

/** Reads the span table. Throws a RangeError where the core lacks it. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods share columns, and are called for each word of the heap
export function readSpans(
  memory: BulkMemory,
  { spans, span }: Pick<HeapLayout, 'spans' | 'span'>,
  signal: AbortSignal,
): HeapSpans {
  const start = new Float64Array(spans.length);
  const size = new Float64Array(spans.length);
  const first = new Float64Array(spans.length);
  const slots = new Uint32Array(spans.length);
  const freeIndex = new Uint32Array(spans.length);
  const allocBits = new Float64Array(spans.length);
  const noPointers = new Uint8Array(spans.length);
  const ends = new Float64Array(spans.length);
  const arenas = new Map<number, Int32Array>();
  const specials: { first: number; span: number; start: number }[] = [];
  // A damaged number of pages would take all memory of this process to note.
  let room = Math.max(memory.held, smallHeap) * mostApparent;
  let count = 0;
  let objects = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = 0; i < spans.length; i++) {
    if (i % 4096 === 0) signal.throwIfAborted();
    const address = memory.u64(spans.base + i * 8);
    const at = address === undefined ? -1 : memory.span(address, span.size);
    if (address === undefined || at < 0) throw new RangeError(`span ${i} of the heap is not in the core`);
    const read = (field: Field) => readField(memory, at, field);
    if (read(span.state) !== inUse) continue;
    start[count] = read(span.startAddr);
    size[count] = read(span.elemSize);
    slots[count] = read(span.objects);
    freeIndex[count] = read(span.freeIndex);
    allocBits[count] = read(span.allocBits);
    noPointers[count] = read(span.spanClass) & 1;
    first[count] = objects;
    objects += slots[count] ?? 0;
    const attached = read(span.specials);
    const from = start[count] ?? 0;
    if (attached !== 0) specials.push({ first: attached, span: count, start: from });
    const pages = read(span.pages);
    room -= pages * pageSize;
    if (!isSound(from, pages, size[count] ?? 0, slots[count] ?? 0) || room < 0)
      throw new RangeError(`span ${i} of the heap makes no sense`);
    enter(arenas, from, pages, count + 1);
    low = Math.min(low, from);
    ends[count] = from + pages * pageSize;
    high = Math.max(high, from + pages * pageSize);
    count += 1;
  }

  let arenaNumber = -1;
  let arena: Int32Array | undefined;
  let last = -1;
  return {
    objects,
    low,
    high,
    specials,
    objectAt(address) {
      if (address < low || address >= high) return -1;
      const number = Math.floor(address / arenaSize);
      if (number !== arenaNumber) {
        arenaNumber = number;
        arena = arenas.get(number);
      }
      if (arena === undefined) return -1;
      const found = (arena[Math.floor((address - number * arenaSize) / pageSize)] ?? 0) - 1;
      if (found < 0) return -1;
      const slot = Math.floor((address - (start[found] as number)) / (size[found] as number));
      if (slot >= (slots[found] as number)) return -1;
      last = found;
      return (first[found] as number) + slot;
    },
    lastSpan: () => last,
    startOf: (object, s) => (start[s] as number) + (object - (first[s] as number)) * (size[s] as number),
    sizeOf: (s) => size[s] as number,
    hasPointers: (s) => noPointers[s] === 0,
    *all() {
      for (let s = 0; s < count; s++) {
        yield {
          ...{ span: s, start: start[s] as number, end: ends[s] as number },
          ...{ first: first[s] as number, slots: slots[s] as number },
        };
      }
    },
    eachFree(s, mark) {
      const total = slots[s] as number;
      const from = freeIndex[s] as number;
      if (from >= total) return;
      const bits = memory.bytes(allocBits[s] as number, Math.ceil(total / 8));
      // Bits that are not there: every slot counts as an object.
      if (bits === undefined) return;
      for (let slot = from; slot < total; slot++) {
        if (((bits[slot >> 3] as number) & (1 << (slot & 7))) === 0) mark((first[s] as number) + slot);
      }
    },
  };
}

export function readField({ view }: BulkMemory, at: number, { offset, size }: Field): number {
  switch (size) {
    case 1:
      return view.getUint8(at + offset);
    case 2:
      return view.getUint16(at + offset, true);
    case 4:
      return view.getUint32(at + offset, true);
    default:
      return wordAt(view, at + offset);
  }
}

function enter(arenas: Map<number, Int32Array>, start: number, pages: number, value: number): void {
  for (let page = 0; page < pages; page++) {
    const address = start + page * pageSize;
    const number = Math.floor(address / arenaSize);
    let arena = arenas.get(number);
    if (arena === undefined) {
      arena = new Int32Array(pagesPerArena);
      arenas.set(number, arena);
    }
    arena[(address - number * arenaSize) / pageSize] = value;
  }
}
