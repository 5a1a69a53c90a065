import { type EvaluateGlobal, type Offsets, structIfAny } from '../fields.js';

/** Field offsets of `database/sql`'s types in this binary, and how large their objects are at least, bytes. */
export interface SqlLayout {
  readonly db: {
    readonly least: number;
    readonly numOpen: number;
    readonly maxOpen: number;
    readonly closed: number;
    readonly freeConn: number;
    /** A slice of channels, each with an index beside it, from Go 1.23 on; before that a map. */
    readonly requests:
      | { readonly kind: 'set'; readonly slice: number }
      | {
          readonly kind: 'map';
          readonly header: number;
          readonly logOfBuckets: number;
          readonly buckets: number;
          readonly oldBuckets: number;
        };
  };
  readonly connection: {
    readonly least: number;
    readonly db: number;
    readonly driver: number;
    readonly inUse: number;
    /** Bytes that are set when it is no longer one of the pool's. */
    readonly gone: readonly number[];
  };
  readonly handles: readonly HandleLayout[];
}

/** What the program has of a connection: as long as it is not closed, the connection is in use. */
export interface HandleLayout {
  readonly type: 'sql.Conn' | 'sql.Tx' | 'sql.Rows';
  readonly least: number;
  readonly connection: number;
  /** A byte that is set when it is closed. */
  readonly done: number;
  /** The database that it says it is of; absent where it has no such field. */
  readonly db: number | undefined;
  /** Fields that are interfaces, and not nil while it is open: their first words lead out of the heap. */
  readonly interfaces: readonly number[];
}

/** `undefined` when the program has no `database/sql`, or one that is laid out in an unknown way. */
export async function readSqlLayout(
  evaluate: EvaluateGlobal,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
): Promise<SqlLayout | undefined> {
  const offsets = (type: string) => structIfAny(type, at, evaluate, signal);
  const [db, connection, map, conn, tx, rows] = await Promise.all([
    offsets('database/sql.DB'),
    offsets('database/sql.driverConn'),
    offsets('runtime.hmap'),
    offsets('database/sql.Conn'),
    offsets('database/sql.Tx'),
    offsets('database/sql.Rows'),
  ]);
  try {
    return {
      db: {
        ...{ least: leastOf(db), numOpen: need(db, 'numOpen'), maxOpen: need(db, 'maxOpen') },
        ...{ closed: need(db, 'closed'), freeConn: need(db, 'freeConn'), requests: requestsOf(db, map) },
      },
      connection: {
        ...{ least: leastOf(connection), db: need(connection, 'db'), driver: need(connection, 'ci') },
        inUse: need(connection, 'inUse'),
        gone: ['closed', 'finalClosed', 'dbmuClosed'].map((field) => need(connection, field)),
      },
      // A transaction on a `Conn`, and rows of either, do not give the connection back.
      handles: [
        handleOf('sql.Conn', conn, 'done', []),
        handleOf('sql.Tx', tx, 'done', ['txi', 'ctx']),
        handleOf('sql.Rows', rows, 'closed', ['rowsi']),
      ].flatMap((handle) => handle ?? []),
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function requestsOf(db: Offsets, map: Offsets): SqlLayout['db']['requests'] {
  const slice = db.get('connRequests.s');
  if (slice !== undefined) return { kind: 'set', slice };
  return {
    ...{ kind: 'map', header: need(db, 'connRequests'), logOfBuckets: need(map, 'B') },
    ...{ buckets: need(map, 'buckets'), oldBuckets: need(map, 'oldbuckets') },
  };
}

function handleOf(
  type: HandleLayout['type'],
  fields: Offsets,
  done: string,
  interfaces: readonly string[],
): HandleLayout | undefined {
  if (fields.size === 0) return undefined;
  return {
    ...{ type, least: leastOf(fields), connection: need(fields, 'dc'), done: need(fields, done) },
    ...{ db: fields.get('db'), interfaces: interfaces.map((field) => need(fields, field)) },
  };
}

const leastOf = (fields: Offsets) => Math.max(0, ...fields.values()) + 1;

function need(fields: Offsets, name: string): number {
  const offset = fields.get(name);
  if (offset === undefined) throw new RangeError(`database/sql has no ${name}`);
  return offset;
}
