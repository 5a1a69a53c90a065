import type { BulkMemory } from '../../core/memory.js';
import { mayHold, objectsLike } from '../heap/objects.js';
import type { HeapSpans } from '../heap/spans.js';
import type { ConnectionsLayout, PuddleLayout, ResourceLayout, WrapperLayout } from './puddle-layout.js';

/** A pool of puddle, or of pgxpool which is built on it, with nothing left to give. */
export interface PuddlePool {
  readonly address: number;
  readonly goType: string;
  readonly limit: number;
  /** What the pool itself counts as taken. */
  readonly taken: number;
  /** Its resources are connections of `pgxpool`. */
  readonly ofPgx: boolean;
  readonly inUse: readonly PuddleResource[];
  /** Objects that the pool is made of: whoever has a pointer to one of these has none to what was handed out. */
  readonly own: readonly number[];
}

export interface PuddleResource {
  readonly address: number;
  /** What the program was given; none where it is on its way to the program, or back. */
  readonly handle?: PuddleHandle | undefined;
}

export interface PuddleHandle {
  readonly type: 'puddle.Resource' | 'pgxpool.Conn' | 'pgxpool.Tx' | 'pgx.Rows' | 'pgx.Row';
  readonly address: number;
  readonly objects: readonly number[];
  readonly elements: readonly number[];
}

export interface PuddleSource {
  readonly memory: BulkMemory;
  readonly spans: HeapSpans;
  readonly layout: PuddleLayout;
}

/** States of a resource (puddle's pool.go, the same in all versions): being made, idle, acquired, taken out. */
const constructing = 0;
const acquired = 2;
const mostResources = 100_000;

/** The pools, garbage among them, whose waiters wait for an object. */
export function* puddlesAt(
  { memory, spans, layout: { pool } }: PuddleSource,
  waitedFor: number,
): Generator<number> {
  for (const at of objectsLike(spans, pool.least)) {
    if (memory.u64(at + pool.waits.pointer) === waitedFor) yield at;
  }
}

/** The pool among some words whose waiters wait for an object: its semaphore, or its condition. */
export function findPuddle(
  { memory, spans, layout: { pool } }: PuddleSource,
  words: Iterable<number>,
  waitedFor: number,
): number | undefined {
  for (const word of words) {
    const object = spans.objectAt(word);
    if (object < 0) continue;
    const span = spans.lastSpan();
    if (!mayHold(spans, span, pool.least) || spans.startOf(object, span) !== word) continue;
    if (memory.u64(word + pool.waits.pointer) === waitedFor) return word;
  }
  return undefined;
}

/** `undefined` where a resource is free or may be made, or what is there is no such pool. */
export function readPuddle(source: PuddleSource, address: number): PuddlePool | undefined {
  const { memory, layout } = source;
  const { pool } = layout;
  const limit = memory.u32(address + pool.maxSize) ?? 0;
  const all = slice(memory, address + pool.all);
  if (limit === 0 || all === undefined || all.length > limit || memory.u8(address + pool.closed) !== 0)
    return undefined;
  const resources = Array.from({ length: all.length }, (_, i) => memory.u64(all.base + i * 8) ?? 0);
  const fields = layout.resources.find((one) =>
    resources.every((resource) => memory.u64(resource + one.pool) === address),
  );
  if (fields === undefined) return undefined;
  const statusOf = (resource: number) => memory.u8(resource + fields.status);
  const inUse = resources.filter((one) => [constructing, acquired].includes(statusOf(one) ?? acquired));
  if (inUse.length < limit) return undefined;
  const held = inUse.map((resource) => pgxValueOf(source, fields, resource));
  const ofPgx = held.some((one) => one !== undefined);
  return {
    ...{ address, goType: layout.goType, limit, taken: inUse.length, ofPgx },
    own: ofPgx ? [address, ...resources, ...held.flatMap((one) => one ?? [])] : [address],
    inUse: inUse.map((resource, i): PuddleResource => {
      if (statusOf(resource) === constructing) return { address: resource };
      const value = held[i];
      if (ofPgx)
        return {
          address: resource,
          handle: value === undefined ? undefined : handleOf(source, resource, value),
        };
      const objects = [resource];
      return {
        address: resource,
        handle: { type: 'puddle.Resource', address: resource, objects, elements: [] },
      };
    }),
  };
}

/** What `pgxpool` has in a resource, by its value: an interface, or the pointer itself; `undefined` of other programs. */
function pgxValueOf(source: PuddleSource, fields: ResourceLayout, resource: number): number | undefined {
  const { memory, layout } = source;
  const { connections } = layout;
  if (connections === undefined) return undefined;
  const words = [0, 8].filter((more) => fields.value + more < fields.pool);
  return words
    .map((more) => memory.u64(resource + fields.value + more) ?? 0)
    .find((value) => connAt(source, connections, value, resource) !== undefined);
}

/** The open `pgxpool.Conn` of a resource: the one in its array that says that it is of this resource. */
function connAt(
  source: PuddleSource,
  { conns, conn }: ConnectionsLayout,
  value: number,
  resource: number,
): number | undefined {
  if (source.spans.objectAt(value) < 0) return undefined;
  for (const at of arrayWords(source, value + conns)) {
    if (source.memory.u64(at + conn.resource) !== resource) continue;
    if (source.spans.objectAt(source.memory.u64(at + conn.pool) ?? 0) >= 0) return at;
  }
  return undefined;
}

/** What the program has of a connection: rows or a transaction give it back where there is one, else the connection. */
function handleOf(source: PuddleSource, resource: number, value: number): PuddleHandle | undefined {
  const { connections } = source.layout;
  const conn = connections && connAt(source, connections, value, resource);
  if (connections === undefined || conn === undefined) return undefined;
  const { rows, row, rowsType, rowType, tx } = connections;
  const inArray = (array: number | undefined, type: WrapperLayout | undefined) =>
    array === undefined || type === undefined
      ? []
      : [...arrayWords(source, value + array)].filter((at) => wraps(source, at, type, conn));
  const transactions =
    tx === undefined
      ? []
      : [...objectsLike(source.spans, tx.least)].filter((at) => wraps(source, at, tx, conn));
  const ofRows = inArray(rows, rowsType);
  const ofRow = inArray(row, rowType);
  const found = [
    ...transactions.map((address) => ({ type: 'pgxpool.Tx' as const, address })),
    ...ofRows.map((address) => ({ type: 'pgx.Rows' as const, address })),
    ...ofRow.map((address) => ({ type: 'pgx.Row' as const, address })),
    { type: 'pgxpool.Conn' as const, address: conn },
  ];
  const [handle] = found;
  return handle && { ...handle, objects: transactions, elements: [conn, ...ofRows, ...ofRow] };
}

/** Whether a struct has a pointer to a connection's handle and wraps something that is there. */
function wraps(
  { memory, spans }: PuddleSource,
  at: number,
  { conn, inner }: WrapperLayout,
  of: number,
): boolean {
  // An interface's first word leads out of the heap.
  const table = memory.u64(at + inner) ?? 0;
  return memory.u64(at + conn) === of && table !== 0 && spans.objectAt(table) < 0;
}

/** Each word of the array that a slice is a part of, behind the slice too: elements are taken from its end. */
function* arrayWords({ memory, spans }: PuddleSource, at: number): Generator<number> {
  const base = memory.u64(at) ?? 0;
  const object = spans.objectAt(base);
  if (object < 0) return;
  const span = spans.lastSpan();
  const end = spans.startOf(object, span) + spans.sizeOf(span);
  for (let word = base; word < end; word += 8) yield word;
}

function slice(memory: BulkMemory, at: number) {
  const base = memory.u64(at);
  const length = memory.u64(at + 8);
  return base === undefined || length === undefined || length > mostResources ? undefined : { base, length };
}
