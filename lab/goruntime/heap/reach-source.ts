import type { BulkMemory } from '../../core/memory.js';
import type { ThreadRegisters } from '../../core/registers.js';
import type { FoldedGoroutines } from '../fold.js';
import type { RuntimeLayout } from '../layout.js';
import type { HeapLayout } from './layout.js';
import type { Range } from './marker.js';

/** Of the stack of a goroutine, by the address of its `g`. */
export type LiveWords = (address: number) => readonly Range[] | undefined;

/** A core as far as it tells what live goroutines can reach. */
export interface ReachSource {
  readonly memory: BulkMemory;
  readonly runtime: RuntimeLayout;
  readonly heap: HeapLayout;
  readonly folded: FoldedGoroutines;
  readonly registers: readonly ThreadRegisters[];
  /** Semaphore word or condition variable that the goroutine at an address waits for; 0 for none. */
  readonly otherTarget: (g: number) => number;
  /** Queue entries of the runtime's table of semaphores, and where that table is. */
  readonly semaphores: { readonly sudogs: readonly number[]; readonly table: Range };
  /**
   * By what objects are reached is asked for too: it takes eight bytes for each object of the heap. The variables of the
   * runtime, `last` in order, are looked through after all else: they lead to nearly everything, by detours.
   */
  readonly traced?: { readonly last: readonly Range[] } | undefined;
  /**
   * The words of the stack of a goroutine, by the address of its `g`, that it needs still; `undefined` where all of them may
   * be. Not given, all of them count.
   */
  readonly liveWords?: LiveWords | undefined;
  /** Ids of threads whose own stacks and registers lead to nothing that is needed still. */
  readonly asleep?: ReadonlySet<number> | undefined;
}

/** Addresses of a `g` each, and of objects, that marking leaves out. */
export interface Besides {
  readonly goroutines: ReadonlySet<number>;
  readonly objects: readonly number[];
  /** Pointers into an object lead only to what lies from there on, as Go's types have it. */
  readonly onwards?: boolean;
}
