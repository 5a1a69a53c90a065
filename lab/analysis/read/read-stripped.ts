import { archOf } from '../../core/arch.js';
import { type FunctionTable, readFunctionTable } from '../../core/function-table.js';
import type { BulkMemory } from '../../core/memory.js';
import type { CheckedPair } from '../../core/pair.js';
import { readProgramImage } from '../../core/program-image.js';
import { readVariables, type Variables } from '../../core/variable-names.js';
import { messageOf, toLabError } from '../../errors.js';
import { foldGoroutines } from '../../goruntime/fold.js';
import { findHeapLayout } from '../../goruntime/heap/without-debug-info.js';
import { type RuntimeLayout, readRuntimeLayout } from '../../goruntime/layout.js';
import { findModuleData } from '../../goruntime/module-data.js';
import { implausible } from '../../goruntime/plausible.js';
import type { FindStruct } from '../../goruntime/runtime-types.js';
import type { EvaluateNumber } from '../../goruntime/timers.js';
import { tableUnwinder } from '../../goruntime/unwind.js';
import { evaluatorWithoutDebugInfo } from '../../goruntime/without-debug-info.js';
import type { Limits } from '../model/limits.js';
import type { Snapshot } from '../model/snapshot.js';
import { readReached } from './reachability.js';
import { readSnapshot } from './read-snapshot.js';
import { tableSymbols } from './symbols.js';
import { openSyncReader, type SyncReader } from './sync-reader.js';

export type StrippedReading =
  | {
      readonly kind: 'read';
      readonly snapshot: Snapshot;
      readonly limits: Limits;
      readonly table: FunctionTable;
      readonly layout: RuntimeLayout;
      readonly structs: FindStruct;
      readonly evaluateNumber: EvaluateNumber;
      readonly variables: Variables | undefined;
    }
  /** Something that is needed was not found, or what was found makes no sense. */
  | { readonly kind: 'lost'; readonly why: string };

export interface StrippedWants {
  /** Which goroutines each stack has. */
  readonly members: boolean;
  /** By what objects are reached. */
  readonly roots: boolean;
}

/** Nothing is asked that could take long. */
const callTimeoutMs = 60_000;

/**
 * Reads the goroutines of a program without debug information. Functions and lines come from the program's own
 * function table, layouts from its type descriptors, and the runtime's variables are found by what they hold.
 * As no debugger gives a second opinion, the whole must make sense of the memory that it is for.
 */
export async function readStripped(
  pair: CheckedPair,
  memory: BulkMemory,
  signal: AbortSignal,
  { members, roots }: StrippedWants = { members: false, roots: false },
): Promise<StrippedReading> {
  try {
    const image = await readProgramImage(pair.exe, pair.core, signal);
    const module = findModuleData(memory, image);
    if (module === undefined) return { kind: 'lost', why: 'its function table was not found' };
    const { text, gofunc } = module;
    const table = readFunctionTable(memory, { header: module.table, text, gofunc });
    const known = evaluatorWithoutDebugInfo(memory, module, pair.exe.arch);
    const { evaluate, evaluateNumber, structs, fieldsOf } = known;
    const layout = await readRuntimeLayout(evaluate, memory, signal);
    const fault = implausible(memory, layout, (pc) => table.frames(pc - 1).at(-1)?.function === stackBottom);
    if (fault !== undefined) return { kind: 'lost', why: fault };
    const sync = await syncReader(() => openSyncReader(evaluate, memory, layout, signal), signal);
    const offsets = { g: fieldsOf('runtime.g') ?? new Map<string, number>(), m: fieldsOf('runtime.m') };
    const threads = new Map(pair.core.registers.map((registers) => [registers.thread, registers]));
    const unwind = tableUnwinder(memory, table, layout, archOf(pair.exe.arch), offsets, threads);
    const symbols = tableSymbols(table, unwind);
    const options = { signal, timeoutMs: callTimeoutMs };
    const folded = foldGoroutines(memory, layout, signal, sync?.targetOf, members);
    const { snapshot, limits } = await readSnapshot({ symbols, memory, layout, sync }, folded, options);
    const heap = {
      ...{ memory, known, runtime: layout, module, writable: image.writable, goVersion: pair.exe.goVersion },
    };
    const variables = roots ? await readVariables(pair, signal) : undefined;
    const { reached, limits: unreached } = await readReached(
      {
        ...{ memory, layout, sync: sync && seenInQueues(sync), registers: pair.core.registers, folded },
        heapLayout: () => findHeapLayout(heap, signal),
        ...{ arch: archOf(pair.exe.arch), functionTable: () => Promise.resolve(table) },
        variables,
      },
      signal,
    );
    return {
      ...{ kind: 'read', snapshot: { ...snapshot, reached }, limits: [...limits, ...unreached] },
      ...{ table, layout, structs, evaluateNumber, variables },
    };
  } catch (error) {
    const expected = error instanceof RangeError || toLabError(error).code === 'undecided';
    if (!expected || signal.aborted) throw error;
    return { kind: 'lost', why: messageOf(error) };
  }
}

const stackBottom = 'runtime.goexit';

/**
 * The table of semaphores was found by what hangs in it. Were it another variable, leaving it out would hide what
 * that one leads to; the queue entries themselves are left out all the same.
 */
function seenInQueues(sync: SyncReader): SyncReader {
  return { ...sync, semaphores: { ...sync.semaphores, table: { start: 0, end: 0 } } };
}

/** Where nobody waits for a semaphore, their table cannot be found, and need not be. */
async function syncReader(
  open: () => Promise<SyncReader | undefined>,
  signal: AbortSignal,
): Promise<SyncReader | undefined> {
  try {
    return await open();
  } catch (error) {
    if (toLabError(error).code !== 'undecided' || signal.aborted) throw error;
    return undefined;
  }
}
