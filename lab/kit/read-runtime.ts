import { evaluateGlobal } from '../analysis/read/delve-values.js';
import { openSyncReader, type SyncReader } from '../analysis/read/sync-reader.js';
import type { BulkMemory } from '../core/memory.js';
import type { ThreadRegisters } from '../core/registers.js';
import type { DelveClient } from '../delve/client.js';
import type { CallOptions } from '../delve/rpc.js';
import { LabError } from '../errors.js';
import { structOf } from '../goruntime/fields.js';
import { type FoldedGoroutines, foldGoroutines } from '../goruntime/fold.js';
import { type HeapLayout, readHeapLayout } from '../goruntime/heap/layout.js';
import { allGoroutines } from '../goruntime/heap/reach.js';
import { findRoots, type Roots } from '../goruntime/heap/roots.js';
import { type HeapSpans, readSpans } from '../goruntime/heap/spans.js';
import { type RuntimeLayout, readRuntimeLayout } from '../goruntime/layout.js';
import { readSqlLayout, type SqlLayout } from '../goruntime/pools/sql-layout.js';

/** What the analysis reads of the Go runtime before it looks at any goroutine's doings. */
export interface RuntimeReading {
  readonly layout: RuntimeLayout;
  readonly heap: HeapLayout;
  readonly spans: HeapSpans;
  readonly sync: SyncReader | undefined;
  /** Of a program that uses databases. */
  readonly sql: SqlLayout | undefined;
  readonly roots: Roots;
  readonly folded: FoldedGoroutines;
  /** Addresses of every `g`, dead ones too. */
  readonly goroutines: Float64Array;
  /** Every `g`, `m` and `p`. */
  readonly records: readonly Records[];
}

/** Structs of one type, and how many bytes of each are fields: behind them lies what the memory held before. */
export interface Records {
  readonly addresses: Iterable<number>;
  readonly length: number;
}

const maxLinks = 1_000_000;

/** `tables` is the same memory: through it the runtime's tables of its heap are read. Throws `undecided`, or a RangeError, when the runtime is laid out in an unknown way. */
export async function readRuntime(
  client: DelveClient,
  { memory, tables }: { readonly memory: BulkMemory; readonly tables: BulkMemory },
  registers: readonly ThreadRegisters[],
  options: CallOptions,
): Promise<RuntimeReading> {
  const { signal } = options;
  const evaluate = (expression: string) => evaluateGlobal(client, expression, options);
  const layout = await readRuntimeLayout(evaluate, memory, signal);
  const sync = await openSyncReader(evaluate, memory, layout, signal);
  const heap = await readHeapLayout(evaluate, layout.allgs.base, signal);
  const sql = await readSqlLayout(evaluate, layout.allgs.base, signal);
  const spans = readSpans(tables, heap, signal);
  const goroutines = allGoroutines({ memory, runtime: layout }, signal);
  if (goroutines.some((address) => spans.objectAt(address) < 0)) {
    throw new LabError('a goroutine lies outside the heap', { code: 'undecided' });
  }
  const threads: number[] = [];
  for (let at = heap.m.first; at !== 0 && threads.length < maxLinks; at = memory.u64(at + heap.m.next) ?? 0) {
    threads.push(at);
  }
  const list = await evaluate('runtime.allp');
  const processors = Array.from({ length: list.len }, (_, i) => memory.u64(list.base + i * 8) ?? 0);
  const lengthOf = async (type: string, at: number | undefined) =>
    at === undefined || at === 0 ? 0 : endOf(await structOf(type, at, evaluate, signal));
  const records = [
    { addresses: goroutines, length: await lengthOf('runtime.g', goroutines[0]) },
    { addresses: threads, length: await lengthOf('runtime.m', threads[0]) },
    { addresses: processors, length: await lengthOf('runtime.p', processors[0]) },
  ];
  return {
    ...{ layout, heap, spans, sync, sql, goroutines, records },
    roots: findRoots(tables, { runtime: layout, heap }, spans, registers),
    folded: foldGoroutines(memory, layout, signal, sync?.targetOf),
  };
}

/** The end of the last field, at least of its first word. */
function endOf(offsets: ReadonlyMap<string, number>): number {
  return Math.max(...offsets.values()) + 8;
}
