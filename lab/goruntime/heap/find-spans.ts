import type { BulkMemory } from '../../core/memory.js';
import type { AddressRange } from '../../core/program-image.js';
import { scanWords } from '../../core/scan-words.js';
import type { HeapLayout } from './layout.js';
import { inUse, pageSize, readField } from './spans.js';

export interface FoundSlice {
  readonly base: number;
  readonly length: number;
}

/** Far more than memory holds. */
const maxSpans = 2 ** 28;
const maxState = 2;
/** Elements that are looked at before all are: most slices are none at the first. */
const sample = 64;

/**
 * Finds `runtime.mheap_.allspans` among the program's variables: a slice of pointers, each to the description of
 * a run of pages, no two of which overlap. `undefined` when there is none, or when two different ones are as long.
 * A slice of a part of them would be shorter, so the longest is taken.
 */
export function findAllSpans(
  memory: BulkMemory,
  variables: readonly AddressRange[],
  span: HeapLayout['span'],
): FoundSlice | undefined {
  let best: FoundSlice | undefined;
  let rival = false;
  const looked = new Set<string>();
  for (const range of variables) {
    scanWords(memory, range, (base, at) => {
      if (base < 4096 || base >= 2 ** 47 || base % 8 !== 0 || at + 24 > range.end) return false;
      const length = memory.u64(at + 8) ?? 0;
      const capacity = memory.u64(at + 16) ?? 0;
      if (length < 1 || length > capacity || capacity > maxSpans || length < (best?.length ?? 0))
        return false;
      const key = `${base} ${length}`;
      if (looked.has(key)) return false;
      looked.add(key);
      const found = { base, length };
      if (!isSpanList(memory, found, span)) return false;
      rival = best?.length === length;
      best = found;
      return false;
    });
  }
  return rival ? undefined : best;
}

function isSpanList(memory: BulkMemory, { base, length }: FoundSlice, layout: HeapLayout['span']): boolean {
  for (let i = 0; i < sample; i++) {
    if (pagesOf(memory, base + Math.floor((length * i) / sample) * 8, layout) === undefined) return false;
  }
  const runs: Run[] = [];
  for (let i = 0; i < length; i++) {
    const run = pagesOf(memory, base + i * 8, layout);
    if (run === undefined) return false;
    if (run.end > run.start) runs.push(run);
  }
  runs.sort((a, b) => a.start - b.start);
  return runs.length > 0 && runs.every(({ start }, i) => start >= (runs[i - 1]?.end ?? 0));
}

type Run = { readonly start: number; readonly end: number };
const nowhere: Run = { start: 0, end: 0 };

/** The pages of the span that an element points at, none of one that is free; `undefined` when it is no span. */
function pagesOf(memory: BulkMemory, element: number, layout: HeapLayout['span']): Run | undefined {
  const address = memory.u64(element) ?? 0;
  if (address < 4096 || address >= 2 ** 47 || address % 8 !== 0) return undefined;
  const at = memory.span(address, layout.size);
  if (at < 0) return undefined;
  const state = readField(memory, at, layout.state);
  if (state > maxState) return undefined;
  if (state === 0) return nowhere;
  const start = readField(memory, at, layout.startAddr);
  const bytes = readField(memory, at, layout.pages) * pageSize;
  if (start === 0 || start % pageSize !== 0 || bytes === 0 || start + bytes >= 2 ** 47) return undefined;
  if (state === inUse) {
    const size = readField(memory, at, layout.elemSize);
    const objects = readField(memory, at, layout.objects);
    if (size === 0 || objects === 0 || size * objects > bytes) return undefined;
    if (readField(memory, at, layout.freeIndex) > objects) return undefined;
  }
  return { start, end: start + bytes };
}
