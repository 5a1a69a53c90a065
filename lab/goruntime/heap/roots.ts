import type { FunctionTable } from '../../core/function-table.js';
import type { BulkMemory } from '../../core/memory.js';
import type { ThreadRegisters } from '../../core/registers.js';
import type { RuntimeLayout } from '../layout.js';
import type { HeapLayout } from './layout.js';
import type { Range } from './marker.js';
import { type HeapSpans, readField } from './spans.js';

/** Memory that is looked through for pointers, from where marking starts. */
export interface Roots {
  readonly ranges: readonly Range[];
  /** Own stacks of threads: the runtime's code, or C. */
  readonly threads: readonly Range[];
  /** Single values, from registers. */
  readonly words: readonly number[];
}

/** A special record is smaller than this; what follows it in memory is another special. */
const specialSize = 64;

/**
 * Everything from which the program can get at its heap, goroutines' own stacks aside: package variables,
 * registers and system stacks of threads, finalizers, cleanups, weak pointers and pinned objects.
 */
export function findRoots(
  memory: BulkMemory,
  { runtime, heap }: { readonly runtime: RuntimeLayout; readonly heap: HeapLayout },
  spans: HeapSpans,
  registers: readonly ThreadRegisters[],
  /** Threads that have nothing which somebody still needs. */
  idle: ReadonlySet<number> = new Set(),
): Roots {
  const busy = registers.filter(({ thread }) => !idle.has(thread));
  return {
    ranges: [
      ...heap.globals,
      ...attached(memory, heap, spans),
      ...heap.queued.flatMap((queue) => queuedBlocks(memory, queue)),
    ],
    threads: systemStacks(memory, runtime, heap, registers, idle),
    words: busy.flatMap(({ words }) => words),
  };
}

/** Of each thread: from its stack pointer where it is on that stack, else from where it left it. */
function systemStacks(
  memory: BulkMemory,
  { g }: RuntimeLayout,
  heap: HeapLayout,
  registers: readonly ThreadRegisters[],
  idle: ReadonlySet<number>,
) {
  const out: { start: number; end: number }[] = [];
  const pointers = stackPointers(registers);
  for (const { thread, own } of threadsOf(memory, heap)) {
    if (thread !== undefined && idle.has(thread)) continue;
    for (const stack of own) {
      const lo = memory.u64(stack + g.stackLo) ?? 0;
      const hi = memory.u64(stack + g.stackHi) ?? 0;
      const saved = memory.u64(stack + g.sp) ?? 0;
      const on = firstWithin(pointers, lo, hi);
      if (on !== undefined) out.push({ start: on, end: hi });
      else if (saved > lo && saved < hi) out.push({ start: saved, end: hi });
    }
  }
  return out;
}

/** Every thread that the runtime knows: its id, whether it runs nothing, and the `g` of each of its own stacks. */
function* threadsOf(memory: BulkMemory, { m }: HeapLayout) {
  const { state } = m;
  const seen = new Set<number>();
  for (let at = m.first; at !== 0 && !seen.has(at); at = memory.u64(at + m.next) ?? 0) {
    seen.add(at);
    yield {
      thread: state && (memory.u64(at + state.thread) ?? 0),
      isIdle: state && memory.u64(at + state.current) === 0 && memory.u32(at + state.locks) === 0,
      own: [m.g0, m.signalG].map((field) => memory.u64(at + field) ?? 0).filter((g) => g !== 0),
    };
  }
}

/** Addresses of the `g` of each thread's own stacks, which are not among the goroutines. */
export const threadGoroutines = (memory: BulkMemory, heap: HeapLayout): readonly number[] =>
  [...threadsOf(memory, heap)].flatMap(({ own }) => own);

/**
 * Threads that run no goroutine and are in nothing of the runtime's that others must not see: they look for work, or wait
 * for some, and what is on their stacks is left from before.
 */
export const idleThreads = (memory: BulkMemory, heap: HeapLayout): ReadonlySet<number> =>
  new Set(
    [...threadsOf(memory, heap)].flatMap(({ thread = 0, isIdle }) => (isIdle === true ? [thread] : [])),
  );

/** Where the runtime has a thread wait, or pause between two looks for work, by the systems and versions of Go. */
const sleep = /^runtime\.(?:futex|usleep|epollwait)(?:\.abi0)?$|\/syscall(?:\/linux)?\.Syscall6$/;

/** Idle threads that sleep: not even a goroutine that is just being woken passes through their hands. */
export function sleepingThreads(
  memory: BulkMemory,
  heap: HeapLayout,
  registers: readonly ThreadRegisters[],
  table: FunctionTable,
): ReadonlySet<number> {
  const idle = idleThreads(memory, heap);
  const asleep = registers.filter(
    ({ thread, pc }) => idle.has(thread) && sleep.test(table.frames(pc).at(-1)?.function ?? ''),
  );
  // What the runtime keeps for threads of C that may call Go one day has no thread yet: its id is 0.
  return new Set([0, ...asleep.map(({ thread }) => thread)]);
}

/** Where the threads' stack pointers stand, lowest first: for `firstWithin`. */
export const stackPointers = (registers: readonly ThreadRegisters[]): readonly number[] =>
  registers.map(({ sp }) => sp).sort((a, b) => a - b);

/** The lowest of the sorted values in [lo, hi). */
export function firstWithin(sorted: readonly number[], lo: number, hi: number): number | undefined {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] as number) < lo) from = middle + 1;
    else to = middle;
  }
  const found = sorted[from];
  return found !== undefined && found < hi ? found : undefined;
}

/**
 * Objects with a finalizer, a cleanup, a weak pointer or a pin, and the records themselves, which point at the
 * functions to call. The object itself counts as reachable: what wakes a goroutine when it is collected may come
 * by it.
 */
function attached(memory: BulkMemory, { special, profileKind }: HeapLayout, spans: HeapSpans) {
  const out: { start: number; end: number }[] = [];
  // A record is in one list only: where one comes again, a damaged list runs in circles.
  const seen = new Set<number>();
  for (const { first, span, start } of spans.specials) {
    for (let at = first; at !== 0 && !seen.has(at); ) {
      seen.add(at);
      const found = memory.span(at, specialSize);
      if (found < 0) break;
      const next = readField(memory, found, special.next);
      const kind = readField(memory, found, special.kind);
      const offset = readField(memory, found, special.offset);
      if (kind !== profileKind) {
        const size = spans.sizeOf(span);
        const object = start + Math.floor(offset / size) * size;
        out.push({ start: object, end: object + size }, { start: at + 8, end: at + specialSize });
      }
      at = next;
    }
  }
  return out;
}

function queuedBlocks(memory: BulkMemory, { first, next, size }: HeapLayout['queued'][number]) {
  const out: { start: number; end: number }[] = [];
  const seen = new Set<number>();
  for (let at = first; at !== 0 && !seen.has(at); ) {
    seen.add(at);
    out.push({ start: at, end: at + size });
    at = next === undefined ? 0 : (memory.u64(at + next) ?? 0);
  }
  return out;
}
