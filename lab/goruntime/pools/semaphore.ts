import type { BulkMemory } from '../../core/memory.js';
import { type EvaluateGlobal, structIfAny } from '../fields.js';
import type { HeapSpans } from '../heap/spans.js';

/** Field offsets of `semaphore.Weighted` of golang.org/x/sync in this binary, and of the list in it. */
export interface SemaphoreLayout {
  readonly least: number;
  readonly size: number;
  readonly current: number;
  /** First and last word of the list: its own element, which points at the first one. */
  readonly root: number;
  readonly next: number;
  /** The pointer that an element's interface value has to its waiter. */
  readonly waiter: number;
  readonly wants: number;
  readonly ready: number;
}

/** A semaphore with too little left for the first of those who wait. */
export interface RawSemaphore {
  readonly address: number;
  readonly size: number;
  readonly current: number;
  /** Channels of those who wait, in order. */
  readonly waiting: ReadonlySet<number>;
}

/** `undefined` when the program has no such semaphore, or one that is laid out in an unknown way. */
export async function readSemaphoreLayout(
  evaluate: EvaluateGlobal,
  at: number,
  signal: AbortSignal,
): Promise<SemaphoreLayout | undefined> {
  const offsets = (type: string) => structIfAny(type, at, evaluate, signal);
  const [weighted, element, waiter] = await Promise.all([
    offsets('golang.org/x/sync/semaphore.Weighted'),
    offsets('container/list.Element'),
    offsets('golang.org/x/sync/semaphore.waiter'),
  ]);
  const size = weighted.get('size');
  const current = weighted.get('cur');
  const root = weighted.get('waiters.root') ?? weighted.get('waiters');
  const next = element.get('next');
  const value = element.get('Value');
  const wants = waiter.get('n');
  const ready = waiter.get('ready');
  if (size === undefined || current === undefined || root === undefined || next === undefined)
    return undefined;
  if (value === undefined || wants === undefined || ready === undefined) return undefined;
  const least = Math.max(...weighted.values()) + 1;
  return { least, size, current, root, next, waiter: value + 8, wants, ready };
}

export interface SemaphoreSource {
  readonly memory: BulkMemory;
  readonly spans: HeapSpans;
  readonly layout: SemaphoreLayout;
}

const mostWaiting = 1_000_000;

/** The semaphore that some words lead to and that has the channel in its queue. */
export function findSemaphore(
  source: SemaphoreSource,
  words: Iterable<number>,
  channel: number,
): RawSemaphore | undefined {
  const { spans, layout } = source;
  for (const word of words) {
    const object = spans.objectAt(word);
    if (object >= 0 && spans.sizeOf(spans.lastSpan()) < layout.least) continue;
    const found = readSemaphore(source, word);
    if (found?.waiting.has(channel)) return found;
  }
  return undefined;
}

function readSemaphore({ memory, layout }: SemaphoreSource, address: number): RawSemaphore | undefined {
  const size = memory.u64(address + layout.size);
  const current = memory.u64(address + layout.current);
  const root = address + layout.root;
  const waiting = new Set<number>();
  if (size === undefined || current === undefined || current > size) return undefined;
  let first: number | undefined;
  for (let at = memory.u64(root + layout.next); at !== root && waiting.size < mostWaiting; ) {
    if (at === undefined || at === 0) return undefined;
    const waiter = memory.u64(at + layout.waiter) ?? 0;
    const ready = memory.u64(waiter + layout.ready);
    const wants = memory.u64(waiter + layout.wants);
    if (ready === undefined || wants === undefined || wants > size || waiting.has(ready)) return undefined;
    first ??= wants;
    waiting.add(ready);
    at = memory.u64(at + layout.next);
  }
  return first === undefined || size - current >= first ? undefined : { address, size, current, waiting };
}
