import { cacheLines } from '../core/arch.js';
import type { CoreMemory } from '../core/memory.js';
import type { AddressRange } from '../core/program-image.js';
import { scanWords } from '../core/scan-words.js';
import { isGoroutine } from './find-allgs.js';
import type { RuntimeLayout } from './layout.js';
import { goroutineStatus, scanBit } from './status.js';
import { endOfWait } from './wait-reasons.js';

export interface FoundTable {
  readonly address: number;
  readonly length: number;
}

/** Neighbours in every version: runtime2.go of Go 1.11 to 1.27. */
const neighbours = ['chan receive (nil chan)', 'chan send (nil chan)'] as const;
const maxReasons = 255;

/**
 * Finds `runtime.waitReasonStrings` by two texts that stand in it side by side. It begins with the empty one,
 * and ends where no further text of its kind follows.
 */
export function findWaitReasons(
  memory: CoreMemory,
  variables: readonly AddressRange[],
): FoundTable | undefined {
  const textAt = (address: number): string | undefined => {
    const data = memory.u64(address);
    const length = memory.u64(address + 8);
    if (data === undefined || length === undefined || length > 80) return undefined;
    const text = length === 0 ? '' : memory.bytes(data, length)?.toString('latin1');
    return text !== undefined && /^[ -~]*$/.test(text) ? text : undefined;
  };
  let found: FoundTable | undefined;
  for (const range of variables) {
    scanWords(memory, range, (word, at) => {
      if (word !== neighbours[0].length) return false;
      if (textAt(at - 8) !== neighbours[0] || textAt(at + 8) !== neighbours[1]) return false;
      let first = at - 8;
      for (let i = 0; i < maxReasons && textAt(first) !== ''; i++) first -= 16;
      if (textAt(first) !== '') return false;
      let length = 1;
      while (length < maxReasons && (textAt(first + length * 16) ?? '') !== '') length++;
      found = { address: first, length };
      return true;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** runtime/sema.go: a prime number of buckets, each padded to a cache line of its architecture. */
const buckets = 251;

export interface FoundSemaphores extends FoundTable {
  /** Bytes from one bucket to the next. */
  readonly stride: number;
}

/**
 * Finds the trees of `runtime.semtable` by what hangs in them: a queue entry of a goroutine that is parked for a
 * semaphore, for a word whose address tells the bucket. Empty when no goroutine is; `undefined` when none of them
 * is found in a tree, or they contradict each other.
 */
export function findSemaphores(
  memory: CoreMemory,
  variables: readonly AddressRange[],
  layout: Pick<RuntimeLayout, 'allgs' | 'g' | 'sudog' | 'waitReasons'>,
  arch: string,
): FoundSemaphores | undefined {
  const reasons = new Set(
    layout.waitReasons.flatMap((reason, i) => (endOfWait(reason) === 'semaphore' ? [i] : [])),
  );
  const isParked = (g: number) =>
    reasons.has(memory.u8(g + layout.g.waitReason) ?? 0) &&
    ((memory.u32(g + layout.g.status) ?? 0) & ~scanBit) === goroutineStatus.waiting;
  if (!someGoroutine(memory, layout, isParked)) return { address: 0, length: 0, stride: 0 };
  const stride = cacheLines[arch];
  if (stride === undefined) return undefined;
  const votes = new Map<number, number>();
  for (const range of variables) {
    scanWords(memory, range, (entry, at) => {
      if (entry < 4096 || entry >= 2 ** 47 || entry % 8 !== 0) return false;
      const g = memory.u64(entry + layout.sudog.g) ?? 0;
      if (!isGoroutine(memory, g, layout.g) || !isParked(g)) return false;
      const word = memory.u64(entry + layout.sudog.elem) ?? 0;
      // A channel's entry has one; a semaphore's has the word instead.
      if (word === 0 || word % 4 !== 0 || memory.u64(entry + layout.sudog.channel) !== 0) return false;
      const start = at - (Math.floor(word / 8) % buckets) * stride;
      if (start >= range.start && start + buckets * stride <= range.end)
        votes.set(start, (votes.get(start) ?? 0) + 1);
      return false;
    });
  }
  const [first, second] = [...votes].sort((a, b) => b[1] - a[1]);
  if (first === undefined || first[1] === second?.[1]) return undefined;
  return { address: first[0], length: buckets, stride };
}

function someGoroutine(
  memory: CoreMemory,
  { allgs }: Pick<RuntimeLayout, 'allgs'>,
  holds: (g: number) => boolean,
): boolean {
  for (let i = 0; i < allgs.length; i++) if (holds(memory.u64(allgs.base + i * 8) ?? 0)) return true;
  return false;
}
