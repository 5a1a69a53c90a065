import { turns } from '../../turns.js';
import { allGoroutines, stackOf, stackPartsOf } from '../heap/reach.js';
import type { ReachSource } from '../heap/reach-source.js';
import { stackPointers } from '../heap/roots.js';
import type { HeapSpans } from '../heap/spans.js';
import { goroutineStatus, isGone, scanBit } from '../status.js';
import { type StackWord, type UnitHolder, wordsOf } from './holders.js';

/** Objects that a stack leads to by so many pointers are near: a decoder over a buffer over a limit over a pipe. */
const mostPointers = 6;
/** What is looked into in all; beyond it nobody is said to be missing. */
const mostObjects = 1_000_000;
/** Larger objects are tables of many things, and lead from anybody to anything. */
const mostBytes = 16 * 1024;

/** Who has objects near its stack. */
export interface NearStacks {
  /** By the number of the object: the goroutine whose stack leads there by the fewest pointers. */
  readonly holders: ReadonlyMap<number, UnitHolder>;
  /** Not everything was looked into. */
  readonly cutShort: boolean;
}

interface Step {
  readonly word: number;
  readonly holder: UnitHolder;
}

/**
 * Follows pointers from the stacks of some goroutines, breadth first and a few steps only: what a goroutine works with is
 * near, what the whole program can get at by way of its tables is not.
 */
export async function nearStacks(
  source: ReachSource,
  spans: HeapSpans,
  goroutines: readonly number[],
  wanted: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<NearStacks> {
  const breathe = turns(signal);
  const { memory } = source;
  const holders = new Map<number, UnitHolder>();
  // Neither goroutines nor their entries in queues lead anywhere.
  const seen = new Set<number>(allGoroutines(source, signal).map((g) => spans.objectAt(g)));
  for (const sudog of source.semaphores.sudogs) seen.add(spans.objectAt(sudog));
  // Nor do processors: a ticker leads over the one that keeps it to the timers of all others.
  for (const { start } of source.heap.barrierBuffers) seen.add(spans.objectAt(start));
  let next: { readonly start: number; readonly size: number; readonly holder: UnitHolder }[] = [];
  const see = ({ word, holder }: Step) => {
    const object = spans.objectAt(word);
    if (object < 0 || seen.has(object) || seen.size >= mostObjects) return;
    const span = spans.lastSpan();
    seen.add(object);
    if (wanted.has(object)) holders.set(object, holder);
    const size = spans.sizeOf(span);
    if (spans.hasPointers(span) && size <= mostBytes)
      next.push({ start: spans.startOf(object, span), size, holder });
  };
  const pointers = stackPointers(source.registers);
  for (const g of goroutines) {
    await breathe();
    for (const { word, at } of neededWords(source, g, pointers)) see({ word, holder: { g, at } });
  }
  for (let steps = 1; steps < mostPointers && holders.size < wanted.size; steps++) {
    const now = next;
    next = [];
    for (const { start, size, holder } of now) {
      await breathe();
      for (let i = 0; i + 8 <= size; i += 8) see({ word: memory.u64(start + i) ?? 0, holder });
    }
  }
  return { holders, cutShort: seen.size >= mostObjects };
}

/** Of what the goroutine may need still: what calls before have left behind leads to what others have by now. */
function* neededWords(source: ReachSource, g: number, pointers: readonly number[]): Generator<StackWord> {
  const { end } = stackOf(source, g, pointers);
  for (const part of stackPartsOf(source, g, pointers)) {
    const from = part.end - end;
    for (const { word, at } of wordsOf(source, part)) yield { word, at: at + from };
  }
}

export const stackWords = (
  source: ReachSource,
  g: number,
  pointers: readonly number[],
): Iterable<StackWord> => wordsOf(source, stackOf(source, g, pointers));

/** Addresses of the goroutines that exist; one that has ended leaves its stack behind. */
export function existing(source: ReachSource, signal: AbortSignal): readonly number[] {
  const { memory, runtime } = source;
  return [...allGoroutines(source, signal)].filter(
    (g) => !isGone((memory.u32(g + runtime.g.status) ?? goroutineStatus.dead) & ~scanBit),
  );
}
