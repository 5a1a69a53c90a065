import { turns } from '../../turns.js';
import type { FoldedGoroutines } from '../fold.js';
import { goroutineStatus, scanBit } from '../status.js';
import { atOnce, newMarker, type Range } from './marker.js';
import type { Besides, ReachSource } from './reach-source.js';
import { type Root, rootFinder } from './root-of.js';
import { findRoots, firstWithin, idleThreads, type Roots, stackPointers, threadGoroutines } from './roots.js';
import { type HeapSpans, readSpans } from './spans.js';
import { newWaiters, sorter } from './waiters.js';

/** What live code can still get at. */
export interface Reached {
  /** Whether anything alive leads to the object at an address; true for what is no object of the heap. */
  reaches(address: number): boolean;
  /** Absent when looking stopped early, because everything that somebody waits for was reached. */
  readonly counts?: {
    readonly objects: number;
    readonly reached: number;
    /** Goroutines that run, or can be woken by something that was reached. */
    readonly live: number;
  };
  /** As `reaches`, where whatever lies on a stack counts, needed still or not. */
  readonly byLeftovers?: () => Promise<(address: number) => boolean>;
  /** By what an object that is reached is reached; `undefined` for one that is not. Absent where that was not asked for. */
  readonly rootOf?: (address: number) => Root | undefined;
}

/** In a heap of more objects it is not noted by what they are reached. */
const maxTraced = 100e6;
/** Up to here all goroutines are looked at from the start: it takes a moment, and tells more. */
const maxAtOnce = 50_000;

/**
 * Marks everything that live goroutines can reach, as a garbage collector would that takes every word for a
 * pointer, but starts only from goroutines that run or that something outside can wake. A parked goroutine
 * joins them as soon as one of the objects that it waits for is reached. What is left waits for objects that
 * nobody can touch who could ever run again.
 *
 * Every doubt goes the way of "reached": words that are no pointers, variables on stacks of which it is not known
 * whether they are needed still, objects with finalizers. So an object that is not reached is lost indeed; one that is
 * may still be lost.
 */
export async function findReached(source: ReachSource, signal: AbortSignal): Promise<Reached> {
  const spans = readSpans(source.memory, source.heap, signal);
  const roots = findRoots(source.memory, source, spans, source.registers, source.asleep);
  const addresses = allGoroutines(source, signal);
  // The runtime has them all from its heap: a table that lacks one is not the whole.
  if (addresses.some((address) => spans.objectAt(address) < 0))
    throw new RangeError('a goroutine lies outside the heap');
  // A few goroutines of each kind reach nearly everything: only where something is left are all looked at.
  const some = addresses.length > maxAtOnce ? examplesOf(source.folded) : undefined;
  return (
    (some === undefined ? undefined : await mark(source, spans, roots, addresses, some, signal)) ??
    (await mark(source, spans, roots, addresses, undefined, signal)) ?? { reaches: () => true }
  );
}

/**
 * Tells what can be got at by anybody but some goroutines, and by no way that leads through some objects: whatever is
 * not marked then can be used by these goroutines alone.
 */
export async function findReachedBesides(
  source: ReachSource,
  spans: HeapSpans,
  besides: Besides,
  signal: AbortSignal,
): Promise<(address: number) => boolean> {
  const found = await markBesides(source, spans, besides, signal);
  return (address) => {
    const object = spans.objectAt(address);
    return object < 0 || found === undefined || found.marks(object);
  };
}

/** Marks what anybody but some goroutines can get at, by no way that leads through some objects. */
export async function markBesides(
  source: ReachSource,
  spans: HeapSpans,
  besides: Besides,
  signal: AbortSignal,
): Promise<Marked | undefined> {
  const idle = besides.onwards === true ? idleThreads(source.memory, source.heap) : undefined;
  const roots = findRoots(source.memory, source, spans, source.registers, idle);
  const all = allGoroutines(source, signal);
  return await mark(source, spans, roots, all, undefined, signal, besides);
}

export interface Marked extends Reached {
  marks(object: number): boolean;
  /** Pointers that were seen lead to this address. */
  leadsTo(address: number): boolean;
  /** It leads nowhere: a free slot, or what the runtime itself keeps of goroutines. */
  skips(object: number): boolean;
}

/** `undefined` when only `some` were looked at and they do not reach everything. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one walk, whose parts share what was seen
async function mark(
  source: ReachSource,
  spans: HeapSpans,
  roots: Roots,
  all: Float64Array,
  some: readonly number[] | undefined,
  signal: AbortSignal,
  besides?: Besides,
): Promise<Marked | undefined> {
  const breathe = turns(signal);
  const { memory, heap, registers, semaphores } = source;
  const traced = spans.objects > maxTraced ? undefined : source.traced;
  /** By goroutine that waits and counts as alive: the object by which it does. */
  const wokenBy = new Map<number, number>();
  const waiters = newWaiters();
  const note = (g: number, target: number) => traced !== undefined && wokenBy.set(g, target);
  const marker = newMarker(
    memory,
    spans,
    [...heap.barrierBuffers, ...(heap.pageCaches ?? []), semaphores.table],
    (object) => waiters.wake(object, note),
    traced !== undefined,
    undefined,
    besides?.onwards,
  );
  // Neither free slots nor what the runtime itself keeps of goroutines leads anywhere.
  for (const { span } of spans.all()) {
    spans.eachFree(span, marker.skip);
    await breathe();
  }
  for (const address of all) marker.skip(spans.objectAt(address));
  for (const sudog of semaphores.sudogs) marker.skip(spans.objectAt(sudog));
  for (const address of threadGoroutines(memory, heap)) marker.skip(spans.objectAt(address));
  for (const address of besides?.objects ?? []) marker.skip(spans.objectAt(address));
  const armed: number[] = [];
  const sort = sorter({ ...source, spans, marker, waiters, wokenBy, note, armed }, besides?.goroutines);
  let examined = 0;
  for (const address of some ?? all) {
    if (examined++ % 4096 === 0) await breathe();
    sort(address);
  }
  let live = 0;
  const scan = async ({ start, end }: Range): Promise<void> => {
    for (let at = memory.heldFrom(start); at < end; at = memory.heldFrom(at + atOnce)) {
      marker.scan(at, Math.min(at + atOnce, end));
      await breathe();
    }
  };
  const pointers = stackPointers(registers);
  const seen = new Set<number>();
  const follow = async (): Promise<void> => {
    for (let steps = 0; waiters.left() > 0 || some === undefined; steps++) {
      if (steps % 64 === 0) await breathe();
      // What a variable leads to is easier to follow by a person than what a stack does.
      if (traced !== undefined && marker.step()) continue;
      const address = waiters.awake.pop();
      if (address === undefined) {
        if (marker.step()) continue;
        break;
      }
      if (seen.has(address)) continue;
      seen.add(address);
      live += 1;
      await scan(fieldsOf(source, address));
      for (const part of stackPartsOf(source, address, pointers)) await scan(part);
    }
  };
  const last = traced?.last ?? [];
  for (const range of roots.ranges.flatMap((one) => outsideOf(one, last))) await scan(range);
  if (traced !== undefined) await follow();
  for (const range of [...last, ...roots.threads]) await scan(range);
  for (const word of roots.words) marker.see(word);
  await follow();
  if (some !== undefined && waiters.left() > 0) return undefined;
  // The runtime itself leads to each: where it does not, its heap was not read as it is, and nothing is lost for sure.
  if (besides === undefined && armed.some((object) => !marker.isMarked(object)))
    throw new RangeError('a timer that is to fire is not in the heap as it was read');
  const { marked, skipped } = marker.counts();
  return {
    marks: (object) => marker.isMarked(object),
    leadsTo: (address) => marker.leadsTo(address),
    skips: (object) => marker.isSkipped(object),
    reaches(address) {
      const object = spans.objectAt(address);
      return object < 0 || marker.isSkipped(object) || marker.isMarked(object) || !waiters.has(object);
    },
    ...(traced !== undefined ? { rootOf: rootFinder({ ...source, spans, marker, wokenBy, all }) } : {}),
    ...(some === undefined ? { counts: { objects: spans.objects - skipped, reached: marked, live } } : {}),
  };
}

/** The parts of a range that lie in none of the others, which are in order. */
function outsideOf({ start, end }: Range, others: readonly Range[]): Range[] {
  const out: Range[] = [];
  let from = start;
  for (const other of others) {
    if (other.end <= from || other.start >= end) continue;
    if (other.start > from) out.push({ start: from, end: other.start });
    from = Math.min(end, other.end);
  }
  return from < end ? [...out, { start: from, end }] : out;
}

/** Addresses of every `g`, dead ones too. */
export function allGoroutines(
  { memory, runtime: { allgs } }: Pick<ReachSource, 'memory' | 'runtime'>,
  signal: AbortSignal,
): Float64Array {
  const out = new Float64Array(allgs.length);
  for (let i = 0; i < allgs.length; i++) {
    if (i % 65_536 === 0) signal.throwIfAborted();
    const address = memory.u64(allgs.base + i * 8);
    if (address === undefined) throw new RangeError(`runtime.allgs[${i}] is not in the core`);
    out[i] = address;
  }
  return out;
}

/** `undefined` when there are goroutines whose objects are not among those of the examples. */
function examplesOf({ stacks }: FoldedGoroutines): readonly number[] | undefined {
  if (stacks.some(({ rest }) => rest.goroutines > 0)) return undefined;
  return stacks.flatMap((stack) =>
    stack.targets.flatMap(({ examples }) => examples.map(({ address }) => address)),
  );
}

/** What a `g` leads to: all of it but where its stack begins and ends, behind which another object may lie. */
export const fieldsOf = (
  { runtime: { g }, heap }: Pick<ReachSource, 'runtime' | 'heap'>,
  address: number,
): Range => ({ start: address + g.stackHi + 8, end: address + heap.gSize });

/** The part of a goroutine's stack that is in use. */
export function stackOf(
  { memory, runtime: { g }, heap }: Pick<ReachSource, 'memory' | 'runtime' | 'heap'>,
  address: number,
  pointers: readonly number[],
): Range {
  const lo = memory.u64(address + g.stackLo) ?? 0;
  const end = memory.u64(address + g.stackHi) ?? 0;
  const status = (memory.u32(address + g.status) ?? 0) & ~scanBit;
  const sp =
    status === goroutineStatus.running
      ? firstWithin(pointers, lo, end)
      : memory.u64(address + (status === goroutineStatus.syscall ? heap.syscallSp : g.sp));
  return { start: sp !== undefined && sp >= lo && sp < end ? sp : lo, end };
}

/** The parts of a goroutine's stack in which it may have what it needs still. */
export const stackPartsOf = (
  source: Pick<ReachSource, 'memory' | 'runtime' | 'heap' | 'liveWords'>,
  address: number,
  pointers: readonly number[],
): readonly Range[] => source.liveWords?.(address) ?? [stackOf(source, address, pointers)];
