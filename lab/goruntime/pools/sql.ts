import type { BulkMemory } from '../../core/memory.js';
import { mayHold, objectsLike } from '../heap/objects.js';
import type { HeapSpans } from '../heap/spans.js';
import type { HandleLayout, SqlLayout } from './sql-layout.js';

/** A `sql.DB` with no connection left to give. */
export interface SqlPool {
  readonly address: number;
  readonly limit: number;
  /** Connections that are open, or being opened. */
  readonly open: number;
  /** Channels of those who wait for one. */
  readonly requests: ReadonlySet<number>;
  readonly inUse: readonly SqlConnection[];
}

export interface SqlConnection {
  readonly address: number;
  /** Open handles of it, of the kind that gives it back; none where it is used for a moment only. */
  readonly handles: readonly { readonly type: HandleLayout['type']; readonly address: number }[];
}

export interface SqlSource {
  readonly memory: BulkMemory;
  readonly spans: HeapSpans;
  readonly layout: SqlLayout;
}

/** More than these at once wait for no database. */
const mostRequests = 1_000_000;

/** The address of the DB among some words that has the channel among its requests. */
export function findDb(source: SqlSource, words: Iterable<number>, channel: number): number | undefined {
  const { spans, layout } = source;
  for (const word of words) {
    const object = spans.objectAt(word);
    if (object < 0) continue;
    const span = spans.lastSpan();
    if (!mayHold(spans, span, layout.db.least) || spans.startOf(object, span) !== word) continue;
    if (requestsOf(source, word).has(channel)) return word;
  }
  return undefined;
}

/** `undefined` where a connection is free or may be opened. */
export function readSqlPool(source: SqlSource, address: number): SqlPool | undefined {
  const { memory, layout } = source;
  const limit = memory.u64(address + layout.db.maxOpen) ?? 0;
  const open = memory.u64(address + layout.db.numOpen) ?? 0;
  const free = memory.u64(address + layout.db.freeConn + 8) ?? 0;
  if (limit <= 0 || open < limit || free !== 0 || memory.u8(address + layout.db.closed) !== 0)
    return undefined;
  const connections = [...connectionsOf(source, address)];
  const handles = handlesOf(source, address, new Set(connections));
  return {
    ...{ address, limit, open, requests: requestsOf(source, address) },
    inUse: connections.map((connection) => {
      const own = handles.get(connection) ?? [];
      // The outermost gives the connection back: layouts come in that order.
      const type = layout.handles.find((one) => own.some((handle) => handle.type === one.type))?.type;
      return { address: connection, handles: own.filter((handle) => handle.type === type) };
    }),
  };
}

function* connectionsOf({ memory, spans, layout }: SqlSource, db: number): Generator<number> {
  const { connection } = layout;
  for (const at of objectsLike(spans, connection.least)) {
    if (memory.u64(at + connection.db) !== db || memory.u8(at + connection.inUse) !== 1) continue;
    if (connection.gone.some((field) => memory.u8(at + field) !== 0)) continue;
    // Other structs begin with a DB too: an interface's first word leads out of the heap, its second to a driver.
    const table = memory.u64(at + connection.driver) ?? 0;
    if (table === 0 || spans.objectAt(table) >= 0 || memory.u64(at + connection.driver + 8) === 0) continue;
    yield at;
  }
}

function handlesOf({ memory, spans, layout }: SqlSource, db: number, connections: ReadonlySet<number>) {
  const out = new Map<number, SqlConnection['handles'][number][]>();
  const isInterface = (word: number) => {
    const table = memory.u64(word) ?? 0;
    return table !== 0 && spans.objectAt(table) < 0 && memory.u64(word + 8) !== undefined;
  };
  for (const { type, least, connection, done, ...fields } of layout.handles) {
    for (const address of objectsLike(spans, least)) {
      const of = memory.u64(address + connection) ?? 0;
      if (!connections.has(of) || memory.u8(address + done) !== 0) continue;
      // Others have a connection at that place too.
      if (fields.db !== undefined && memory.u64(address + fields.db) !== db) continue;
      if (!fields.interfaces.every((field) => isInterface(address + field))) continue;
      const own = out.get(of) ?? [];
      own.push({ type, address });
      out.set(of, own);
    }
  }
  return out;
}

function requestsOf({ memory, layout: { db } }: SqlSource, address: number): ReadonlySet<number> {
  const out = new Set<number>();
  const { requests } = db;
  if (requests.kind === 'set') {
    const first = memory.u64(address + requests.slice) ?? 0;
    const length = memory.u64(address + requests.slice + 8) ?? 0;
    if (length > mostRequests) return out;
    for (let i = 0; i < length; i++) out.add(memory.u64(first + i * 16) ?? 0);
    return out;
  }
  const header = memory.u64(address + requests.header) ?? 0;
  const log = memory.u8(header + requests.logOfBuckets) ?? 0;
  if (header === 0 || log > 20) return out;
  addBuckets(memory, memory.u64(header + requests.buckets) ?? 0, 2 ** log, out);
  addBuckets(memory, memory.u64(header + requests.oldBuckets) ?? 0, 2 ** Math.max(0, log - 1), out);
  return out;
}

/* A bucket of a map of Go up to 1.23 (runtime/map.go): a byte for each of eight entries, keys, values, the next one. */
const entries = 8;
const keysAt = entries;
const valuesAt = keysAt + entries * 8;
const nextAt = valuesAt + entries * 8;
const bucketSize = nextAt + 8;
/** Smaller bytes mark entries that are empty or have moved. */
const minTopHash = 5;

function addBuckets(memory: BulkMemory, first: number, count: number, out: Set<number>): void {
  if (first === 0) return;
  for (let i = 0; i < count; i++) {
    for (let at = first + i * bucketSize; at !== 0 && out.size < mostRequests; ) {
      for (let entry = 0; entry < entries; entry++) {
        if ((memory.u8(at + entry) ?? 0) >= minTopHash) out.add(memory.u64(at + valuesAt + entry * 8) ?? 0);
      }
      const next = memory.u64(at + nextAt) ?? 0;
      at = next === at ? 0 : next;
    }
  }
}
