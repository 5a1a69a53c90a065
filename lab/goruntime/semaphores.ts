import type { CoreMemory } from '../core/memory.js';
import type { EvaluateGlobal, LayoutVariable } from './fields.js';
import { structOf } from './fields.js';
import type { RuntimeLayout } from './layout.js';

/** Where `runtime.semtable` lies and how its trees hang together. */
export interface SemaphoreLayout {
  /** Address of the first bucket's tree, and from one to the next. */
  readonly firstTree: number;
  readonly stride: number;
  readonly buckets: number;
  /** `prev` and `next` of a sudog are the children of a tree node. */
  readonly left: number;
  readonly right: number;
}

/** Who queues at the runtime's semaphores: the words inside mutexes, wait groups and the like. */
export interface Semaphores {
  /** Address of the semaphore word that a goroutine is parked on, by the address of its `g`. */
  readonly of: ReadonlyMap<number, number>;
  /** Addresses of the `g`s that queue at a semaphore word, in queue order. */
  readonly queues: ReadonlyMap<number, readonly number[]>;
  /** The entries themselves, by which the runtime's table leads to the words. */
  readonly sudogs: readonly number[];
  /** False when a tree could not be walked to its end. */
  readonly complete: boolean;
}

/** `undefined` when the debug information does not describe the table. */
export async function readSemaphoreLayout(
  evaluate: EvaluateGlobal,
  layout: RuntimeLayout,
  signal: AbortSignal,
): Promise<SemaphoreLayout | undefined> {
  const [table, first, second, sudog] = await Promise.all([
    evaluate('runtime.semtable', signal),
    evaluate('runtime.semtable[0].root.treap', signal),
    evaluate('runtime.semtable[1].root.treap', signal),
    structOf('runtime.sudog', layout.allgs.base, evaluate, signal),
  ]);
  const left = sudog.get('prev');
  const right = sudog.get('next');
  const firstTree = addressOf(first);
  const stride = addressOf(second) - firstTree;
  if (left === undefined || right === undefined) return undefined;
  // A stripped program shows the table only where somebody queues.
  const nobodyQueues = table.len === 0;
  if (!nobodyQueues && (stride <= 0 || firstTree === 0)) return undefined;
  return { firstTree, stride, buckets: table.len, left, right };
}

const addressOf = (variable: LayoutVariable) => variable.addr;

const maxWaiters = 4_000_000;

/**
 * Walks every tree of the table: one node per semaphore word, its queue behind it by `waitlink` (runtime/sema.go,
 * the same from Go 1.9 to 1.27).
 */
export function readSemaphores(
  memory: CoreMemory,
  layout: RuntimeLayout,
  table: SemaphoreLayout,
): Semaphores {
  const of = new Map<number, number>();
  const queues = new Map<number, number[]>();
  const sudogs: number[] = [];
  let complete = true;
  for (let bucket = 0; bucket < table.buckets; bucket++) {
    const root = memory.u64(table.firstTree + bucket * table.stride);
    if (root === undefined) complete = false;
    const pending = root === undefined || root === 0 ? [] : [root];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const word = memory.u64(node + layout.sudog.elem);
      // A word that was met before means a tree that runs in circles: it was caught in the middle of a rotation.
      if (word === undefined || word === 0 || queues.has(word)) {
        complete = false;
        continue;
      }
      const queue: number[] = [];
      queues.set(word, queue);
      for (let at = node; at !== 0; at = memory.u64(at + layout.sudog.waitLink) ?? 0) {
        const g = memory.u64(at + layout.sudog.g);
        // Nobody queues twice: such a list runs in circles.
        if (g === undefined || of.has(g) || of.size > maxWaiters) {
          complete = false;
          break;
        }
        queue.push(g);
        sudogs.push(at);
        of.set(g, word);
      }
      for (const side of [table.left, table.right]) {
        const child = memory.u64(node + side) ?? 0;
        if (child !== 0) pending.push(child);
      }
    }
  }
  return { of, queues, sudogs, complete };
}
