import type { BulkMemory } from '../core/memory.js';
import type { ThreadRegisters } from '../core/registers.js';
import { atOnce, newMarker, type Range } from '../goruntime/heap/marker.js';
import { objectsLike } from '../goruntime/heap/objects.js';
import { stackOf } from '../goruntime/heap/reach.js';
import { firstWithin, stackPointers } from '../goruntime/heap/roots.js';
import { targetReader } from '../goruntime/heap/targets.js';
import { turns } from '../turns.js';
import { collectRanges, type Ranges } from './ranges.js';
import type { RuntimeReading } from './read-runtime.js';

export interface NeededObjects {
  /** Used parts of the stacks of all goroutines, and of those that threads have for themselves. */
  readonly stacks: Ranges;
  /** Objects that anything leads to and that lead on, what stacks still point at of the others, and those that goroutines wait for. */
  readonly objects: Ranges;
  /** The fields of goroutines, threads and processors of the runtime: no words of the program. */
  readonly own: Ranges;
  /** Pages of the heap in which objects are. */
  readonly pages: Ranges;
  readonly counts: { readonly all: number; readonly kept: number };
}

const pageSize = 4096;

/**
 * Marks what the garbage collector would mark at most: from package variables and all goroutines, taking every word
 * for a pointer. What live goroutines can reach, which is what the analysis asks, is a part of it. Objects without
 * pointers lead nowhere, and hold the bytes of strings and buffers: they are needed only where a goroutine waits
 * for something inside.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one walk, whose parts share what was seen
export async function findNeededObjects(
  memory: BulkMemory,
  registers: readonly ThreadRegisters[],
  { layout, heap, spans, roots, goroutines, records, sync, sql }: RuntimeReading,
  signal: AbortSignal,
): Promise<NeededObjects> {
  const breathe = turns(signal);
  // A variable that is not used any more may lead to an object that is gone: Delve still shows what it was.
  const gone = new Set<number>();
  let isStack = false;
  const marker = newMarker(
    memory,
    spans,
    [],
    () => undefined,
    false,
    (object) => {
      if (isStack) gone.add(object);
    },
  );
  for (const { span } of spans.all()) {
    spans.eachFree(span, marker.skip);
    await breathe();
  }
  const pointers = stackPointers(registers);
  const targets = targetReader(memory, layout, sync?.targetOf ?? (() => 0));
  const waited = new Set<number>();
  const stacks = collectRanges();
  const source = { memory, runtime: layout, heap };
  for (const word of roots.words) marker.see(word);
  // A thread that the runtime began has its own stack in the heap.
  for (const { start, end } of roots.threads) stacks.add(start - (start % 8), end);
  for (const { start, end } of [...roots.ranges, ...roots.threads]) {
    for (let at = memory.heldFrom(start); at < end; at = memory.heldFrom(at + atOnce)) {
      marker.scan(at, Math.min(at + atOnce, end));
      await breathe();
    }
  }
  for (const address of goroutines) {
    await breathe();
    marker.see(address);
    const state = targets.read(address, (target) => {
      const object = spans.objectAt(target);
      if (object >= 0) waited.add(object);
    });
    if (state === 'dead') continue;
    const used = stackOf(source, address, pointers);
    // In a system call it may have gone deeper since it told where it entered.
    const stack = { ...used, start: lowestOf(pointers, memory.u64(address + layout.g.stackLo), used) };
    stacks.add(stack.start, stack.end);
    isStack = true;
    marker.scan(stack.start, stack.end);
    isStack = false;
  }
  while (marker.step()) await breathe();
  // Rows that nobody closed have its connection for ever, though nothing leads to them any more.
  for (const handle of sql?.handles ?? []) {
    for (const address of objectsLike(spans, handle.least)) {
      const connection = spans.objectAt(memory.u64(address + handle.connection) ?? 0);
      if (connection >= 0 && marker.isMarked(connection)) waited.add(spans.objectAt(address));
    }
    await breathe();
  }

  const own = collectRanges();
  for (const { addresses, length } of records) {
    for (const address of addresses) {
      if (spans.objectAt(address) >= 0) own.add(address, address + length);
      await breathe();
    }
  }
  const objects = collectRanges();
  const pages = collectRanges();
  let all = 0;
  let kept = 0;
  for (const { span, start, end, first, slots } of spans.all()) {
    await breathe();
    pages.add(start - (start % pageSize), end);
    const size = spans.sizeOf(span);
    const leads = spans.hasPointers(span);
    for (let object = first, at = start; object < first + slots; object++, at += size) {
      if (marker.isSkipped(object)) {
        if (leads && gone.has(object)) objects.add(at, at + size);
        continue;
      }
      all += 1;
      if (!(leads ? marker.isMarked(object) || waited.has(object) : waited.has(object))) continue;
      kept += 1;
      objects.add(at, at + size);
    }
  }
  return {
    ...{ stacks: stacks.finish(), objects: objects.finish(), own: own.finish(), pages: pages.finish() },
    counts: { all, kept },
  };
}

function lowestOf(pointers: readonly number[], lo: number | undefined, { start, end }: Range): number {
  const on = lo === undefined ? undefined : firstWithin(pointers, lo, end);
  return on === undefined ? start : Math.min(on - (on % 8), start);
}
