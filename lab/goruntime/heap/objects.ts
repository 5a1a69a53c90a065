import type { HeapSpans } from './spans.js';

/** So much larger than its type an object's slot may be, bytes: size classes, and what is not known of the last field. */
const roomFor = (least: number) => least * 1.5 + 64;

/** Whether objects of a span may be of a type that is this large at least. */
export const mayHold = (spans: HeapSpans, span: number, least: number): boolean =>
  spans.hasPointers(span) && spans.sizeOf(span) >= least && spans.sizeOf(span) <= roomFor(least);

/** Addresses of all objects, garbage among them, that may be of a type that is this large at least, bytes. */
export function* objectsLike(spans: HeapSpans, least: number): Generator<number> {
  for (const { span, start, first, slots } of spans.all()) {
    if (!mayHold(spans, span, least)) continue;
    const free = new Set<number>();
    spans.eachFree(span, (object) => free.add(object));
    const size = spans.sizeOf(span);
    for (let slot = 0; slot < slots; slot++) {
      if (!free.has(first + slot)) yield start + slot * size;
    }
  }
}
