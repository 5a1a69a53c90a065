import { wordAt } from '../../core/memory.js';
import { turns } from '../../turns.js';
import { allGoroutines, findReachedBesides, stackOf } from '../heap/reach.js';
import type { ReachSource } from '../heap/reach-source.js';
import { stackPointers } from '../heap/roots.js';
import type { HeapSpans } from '../heap/spans.js';
import { goroutineStatus, isGone, scanBit } from '../status.js';

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

/** What a unit lies in. */
export interface UnitPlaces {
  /** Addresses of objects of its own: a pointer to anywhere in them leads to it. */
  readonly objects: readonly number[];
  /** Addresses within arrays that it shares with others: only a pointer to just there leads to it. */
  readonly elements?: readonly number[];
}

export interface PoolPlaces {
  /** Addresses of the objects that the pool itself is made of. */
  readonly own: readonly number[];
  readonly units: readonly UnitPlaces[];
  /** Whether a pointer on a stack may be more than what an earlier call left there; it may be when not given. */
  readonly mayHold?: (holder: UnitHolder) => boolean;
  /** Addresses of the `g` of goroutines that are a part of the pool. */
  readonly served?: ReadonlySet<number>;
  /** Of those that wait for a unit: none can give one back before, so that nothing is reached by way of them. */
  readonly asking?: ReadonlySet<number>;
}

/**
 * Tells for each unit which stacks have a pointer to it, and whether anything else leads there, other than through what
 * the pool itself is made of.
 */
export async function accessTo(
  source: ReachSource,
  spans: HeapSpans,
  { own, units, mayHold = () => true, served = new Set(), asking = new Set() }: PoolPlaces,
  signal: AbortSignal,
): Promise<readonly UnitAccess[]> {
  const breathe = turns(signal);
  const pointers = stackPointers(source.registers);
  // One that has ended leaves its stack behind.
  const { memory, runtime } = source;
  const exists = (g: number) =>
    !isGone((memory.u32(g + runtime.g.status) ?? goroutineStatus.dead) & ~scanBit);
  const alive = allGoroutines(source, signal).filter((g) => exists(g) && !served.has(g));
  const unitAt = finderOf(units, spans);
  const holders = units.map((): UnitHolder[] => []);
  const words = (g: number) => wordsOf(source, stackOf(source, g, pointers));
  const goroutines = new Set([...served, ...asking]);
  const withRemains = new Set(asking);
  for (const g of alive) {
    await breathe();
    for (const [unit, places] of placesOf(words(g), unitAt)) {
      goroutines.add(g);
      const held = places.filter((at) => mayHold({ g, at }));
      if (held.length < places.length) withRemains.add(g);
      // Whoever took it kept it; others inside were given it.
      const outermost = held.at(-1);
      if (outermost !== undefined) holders[unit]?.push({ g, at: outermost });
    }
  }
  const reached = await findReachedBesides(source, spans, { goroutines, objects: own }, signal);
  const elsewhere = units.map(({ objects, elements = [] }) => [...objects, ...elements].some(reached));
  // Whoever has it in a struct of its own, which nothing else leads to.
  const open = new Set(units.flatMap((_, i) => (holders[i]?.length === 0 && !elsewhere[i] ? [i] : [])));
  let asked = 0;
  for (const g of open.size === 0 ? withRemains : alive) {
    await breathe();
    const wanted = withRemains.has(g) ? units.keys() : open;
    if (++asked > mostAsked) {
      for (const unit of wanted) elsewhere[unit] = true;
      continue;
    }
    const found = new Map<number, number>();
    const see = ({ word, at }: StackWord) => {
      const unit = unitAt(word);
      if (unit !== undefined && !found.has(unit)) found.set(unit, at);
    };
    // From the outermost on, as above.
    const ofOthers = [...words(g)].filter(({ word }) => unitAt(word) === undefined).reverse();
    const all = seeOwn(source, spans, ofOthers, (at) => reached(at) || own.includes(at), see);
    for (const unit of wanted) {
      const at = found.get(unit);
      const known = holders[unit]?.some((one) => one.g === g) === true;
      if (at !== undefined && !known) holders[unit]?.push({ g, at });
      if (!all) elsewhere[unit] = true;
    }
  }
  return units.map((_, i) => ({ holders: holders[i] ?? [], elsewhere: elsewhere[i] === true }));
}

/** The unit that a word leads to. */
function finderOf(units: readonly UnitPlaces[], spans: HeapSpans): (word: number) => number | undefined {
  const byObject = new Map(
    units.flatMap(({ objects }, i) => objects.map((at) => [spans.objectAt(at), i] as const)),
  );
  const byAddress = new Map(units.flatMap(({ elements = [] }, i) => elements.map((at) => [at, i] as const)));
  return (word) => byAddress.get(word) ?? byObject.get(spans.objectAt(word));
}

/** The places of the words that lead to each unit, from the innermost on. */
function placesOf(
  words: Iterable<StackWord>,
  unitAt: (word: number) => number | undefined,
): ReadonlyMap<number, readonly number[]> {
  const out = new Map<number, number[]>();
  for (const { word, at } of words) {
    const unit = unitAt(word);
    if (unit === undefined) continue;
    const places = out.get(unit);
    if (places === undefined) out.set(unit, [at]);
    else places.push(at);
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

/**
 * Sees the words of all objects that some words lead to, each with the place of the first of these on the stack; those
 * that are shared are left out. False when there were too many.
 */
function seeOwn(
  { memory }: ReachSource,
  spans: HeapSpans,
  words: Iterable<StackWord>,
  isShared: (address: number) => boolean,
  seen: (word: StackWord) => void,
): boolean {
  const objects = new Set<number>();
  const pending: { readonly start: number; readonly size: number; readonly at: number }[] = [];
  let all = true;
  let room = mostOwnBytes;
  const see = ({ word, at }: StackWord) => {
    const object = spans.objectAt(word);
    if (object < 0) return;
    const span = spans.lastSpan();
    const start = spans.startOf(object, span);
    if (isShared(start)) return;
    seen({ word, at });
    if (objects.has(object)) return;
    objects.add(object);
    if (!spans.hasPointers(span)) return;
    const size = spans.sizeOf(span);
    room -= size;
    if (room < 0 || objects.size > mostOwn) all = false;
    else pending.push({ start, size, at });
  };
  for (const word of words) {
    see(word);
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (let i = 0; i < next.size; i += 8) see({ word: memory.u64(next.start + i) ?? 0, at: next.at });
    }
  }
  return all;
}
