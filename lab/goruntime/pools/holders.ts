import { wordAt } from '../../core/memory.js';
import { turns } from '../../turns.js';
import { goroutineStatus, isGone, scanBit } from '../goroutines.js';
import { allGoroutines, findReachedBesides, type ReachSource, stackOf } from '../heap/reach.js';
import type { HeapSpans } from '../heap/spans.js';

/** A goroutine whose stack leads to a unit of a pool. */
export interface UnitHolder {
  /** Address of its `g`. */
  readonly g: number;
  /** Where on the stack, bytes from its upper end, negative. */
  readonly at: number;
}

/** Who can get at one unit. */
export interface UnitAccess {
  readonly holders: readonly UnitHolder[];
  /** Something else that is alive leads to it, or it could not be told that nothing does. */
  readonly elsewhere: boolean;
}

/** Where each of more goroutines would be looked at, nothing is said. */
export const mostGoroutines = 100_000;
/** Goroutines that are asked for objects of their own, and how many of these are looked into. */
const mostAsked = 5_000;
const mostOwn = 50_000;
/** Bytes of them. */
const mostOwnBytes = 8 * 1024 * 1024;

/**
 * Tells for each unit, which is one or several objects of the heap, which stacks have a pointer to it, and whether
 * anything else leads there, other than through the pool's own object.
 */
export async function accessTo(
  source: ReachSource,
  spans: HeapSpans,
  pool: number,
  units: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<readonly UnitAccess[]> {
  const breathe = turns(signal);
  const pointers = source.registers.map(({ sp }) => sp).sort((a, b) => a - b);
  // One that has ended leaves its stack behind.
  const { memory, runtime } = source;
  const exists = (g: number) =>
    !isGone((memory.u32(g + runtime.g.status) ?? goroutineStatus.dead) & ~scanBit);
  const all = allGoroutines(source, signal).filter(exists);
  const unitOf = new Map(units.flatMap((own, i) => own.map((at) => [spans.objectAt(at), i] as const)));
  const holders = units.map((): UnitHolder[] => []);
  const words = (g: number) => wordsOf(source, stackOf(source, g, pointers));
  for (const g of all) {
    await breathe();
    for (const [unit, at] of outermost(words(g), (word) => unitOf.get(spans.objectAt(word))))
      holders[unit]?.push({ g, at });
  }
  const goroutines = new Set(holders.flatMap((own) => own.map(({ g }) => g)));
  const reached = await findReachedBesides(source, spans, { goroutines, objects: [pool] }, signal);
  const elsewhere = units.map((own) => own.some(reached));
  // Whoever has it in a struct of its own, which nothing else leads to.
  const open = new Set(units.flatMap((_, i) => (holders[i]?.length === 0 && !elsewhere[i] ? [i] : [])));
  let asked = 0;
  for (const g of open.size === 0 ? [] : all) {
    await breathe();
    if (goroutines.has(g)) continue;
    if (++asked > mostAsked) {
      for (const unit of open) elsewhere[unit] = true;
      break;
    }
    const found = ownObjects(source, spans, words(g), (at) => reached(at) || at === pool);
    for (const [object, at] of found.objects) {
      const unit = unitOf.get(object);
      if (unit !== undefined && open.has(unit)) holders[unit]?.push({ g, at });
    }
    if (!found.all) for (const unit of open) elsewhere[unit] = true;
  }
  return units.map((_, i) => ({ holders: holders[i] ?? [], elsewhere: elsewhere[i] === true }));
}

/** Of each unit that words lead to, the place of the outermost: whoever took it kept it, others were given it. */
function outermost(
  words: Iterable<StackWord>,
  unitAt: (word: number) => number | undefined,
): ReadonlyMap<number, number> {
  const out = new Map<number, number>();
  for (const { word, at } of words) {
    const unit = unitAt(word);
    if (unit !== undefined) out.set(unit, at);
  }
  return out;
}

export interface StackWord {
  readonly word: number;
  readonly at: number;
}

export function* wordsOf(
  { memory }: ReachSource,
  { start, end }: { readonly start: number; readonly end: number },
): Generator<StackWord> {
  const step = 64 * 1024;
  for (let from = Math.ceil(start / 8) * 8; from < end; from += step) {
    const length = Math.min(step, end - from);
    for (let i = 0; i + 8 <= length; i += 8) {
      const offset = memory.span(from + i, 8);
      if (offset >= 0) yield { word: wordAt(memory.view, offset), at: from + i - end };
    }
  }
}

/** Objects that some words lead to, each with the place of the word; those that are shared are left out. */
function ownObjects(
  { memory }: ReachSource,
  spans: HeapSpans,
  words: Iterable<StackWord>,
  isShared: (address: number) => boolean,
): { readonly objects: ReadonlyMap<number, number>; readonly all: boolean } {
  const objects = new Map<number, number>();
  const pending: { readonly start: number; readonly size: number; readonly at: number }[] = [];
  let all = true;
  let room = mostOwnBytes;
  const see = ({ word, at }: StackWord) => {
    const object = spans.objectAt(word);
    if (object < 0 || objects.has(object)) return;
    const span = spans.lastSpan();
    const start = spans.startOf(object, span);
    if (isShared(start)) return;
    objects.set(object, at);
    if (!spans.hasPointers(span)) return;
    const size = spans.sizeOf(span);
    room -= size;
    if (room < 0 || objects.size > mostOwn) all = false;
    else pending.push({ start, size, at });
  };
  for (const word of words) see(word);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (let i = 0; i < next.size; i += 8) see({ word: memory.u64(next.start + i) ?? 0, at: next.at });
  }
  return { objects, all };
}
