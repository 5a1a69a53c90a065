import type { Arch } from '../../core/arch.js';
import type { FunctionTable } from '../../core/function-table.js';
import type { BulkMemory } from '../../core/memory.js';
import type { ThreadRegisters } from '../../core/registers.js';
import type { Variables } from '../../core/variable-names.js';
import { messageOf, toLabError } from '../../errors.js';
import type { FoldedGoroutines } from '../../goruntime/fold.js';
import type { HeapLayout } from '../../goruntime/heap/layout.js';
import { liveWordsReader } from '../../goruntime/heap/live-words.js';
import { findReached, type Reached } from '../../goruntime/heap/reach.js';
import { sleepingThreads } from '../../goruntime/heap/roots.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';
import type { Limits } from '../model/limits.js';
import type { SyncReader } from './sync-reader.js';

export interface ReachSource {
  readonly memory: BulkMemory;
  readonly layout: RuntimeLayout;
  readonly sync: SyncReader | undefined;
  readonly registers: readonly ThreadRegisters[];
  readonly folded: FoldedGoroutines;
  /** Throws `undecided` when the heap is laid out in an unknown way. */
  readonly heapLayout: () => Promise<HeapLayout>;
  readonly arch: Arch | undefined;
  readonly functionTable: () => Promise<FunctionTable | undefined>;
  /** By what objects are reached is asked for too. */
  readonly variables: Variables | undefined;
}

/** What live goroutines can reach in the heap; `undefined` when it cannot be told, which `limits` says. */
export async function readReached(
  { memory, layout, sync, registers, folded, heapLayout, arch, functionTable, variables }: ReachSource,
  signal: AbortSignal,
): Promise<{ readonly reached: Reached | undefined; readonly limits: Limits }> {
  const unknown = (line: string) => ({ reached: undefined, limits: [line] });
  if (sync === undefined || registers.length === 0) {
    const what = sync === undefined ? 'semaphores' : 'registers of the threads';
    return unknown(`What live goroutines can reach was not looked at: the ${what} could not be read.`);
  }
  try {
    const heap = await heapLayout();
    const table = await functionTable();
    const all = {
      ...{ memory, runtime: layout, heap, registers, folded },
      otherTarget: sync.targetOf,
      semaphores: sync.semaphores,
    };
    const reached = await findReached(
      {
        ...all,
        traced: variables && { last: variables.ofRuntime },
        asleep: table && sleepingThreads(memory, heap, registers, table),
        liveWords: liveWordsReader({ memory, runtime: layout, heap }, arch, table),
      },
      signal,
    );
    const byLeftovers = async () => (await findReached(all, signal)).reaches;
    return { reached: { ...reached, byLeftovers }, limits: [] };
  } catch (error) {
    const unknownLayout = error instanceof RangeError || toLabError(error).code === 'undecided';
    if (!unknownLayout || signal.aborted) throw error;
    return unknown(`What live goroutines can reach could not be read (${messageOf(error)}).`);
  }
}
