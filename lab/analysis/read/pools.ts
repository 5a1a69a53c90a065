import { type ReachSource, stackOf } from '../../goruntime/heap/reach.js';
import { accessTo, wordsOf } from '../../goruntime/pools/holders.js';
import { findSemaphore, readSemaphoreLayout } from '../../goruntime/pools/semaphore.js';
import { findDb, readSqlPool, type SqlPool, type SqlSource } from '../../goruntime/pools/sql.js';
import { readSqlLayout } from '../../goruntime/pools/sql-layout.js';
import type { Limits } from '../model/limits.js';
import type { Pool, PoolHolder, PoolUnit } from '../model/pool.js';
import type { Bucket, Signature, Snapshot } from '../model/snapshot.js';
import type { AskHeap, OpenHeap } from './open-heap.js';

/** The functions in which goroutines wait for a unit. */
const waitsIn = {
  connection: 'database/sql.(*DB).conn',
  permit: 'golang.org/x/sync/semaphore.(*Weighted).Acquire',
} as const;

/** Pools of which goroutines wait for a unit and none is left; where they cannot be told, `limits` says so. */
export async function readPools(
  ask: AskHeap,
  snapshot: Snapshot,
  /** Without registers it is not known what running goroutines lead to. */
  withRegisters: boolean,
  signal: AbortSignal,
): Promise<{ readonly pools: readonly Pool[]; readonly limits: Limits }> {
  const waiting = (name: string) =>
    snapshot.buckets.filter(
      ({ wait, signature: { frames } }) =>
        wait.kind === 'channel' && frames.some((frame) => frame.function === name),
    );
  const forConnections = withRegisters ? waiting(waitsIn.connection) : [];
  const forPermits = waiting(waitsIn.permit);
  if (forConnections.length + forPermits.length === 0) return { pools: [], limits: [] };
  const { found, limits } = await ask('Who has what of the pools', [], async (heap) => [
    ...(await databases(forConnections, heap, snapshot, signal)),
    ...(await semaphores(forPermits, heap, signal)),
  ]);
  return { pools: found, limits };
}

async function databases(
  waiting: readonly Bucket[],
  { evaluate, reach, spans, known, holderOf }: OpenHeap,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<readonly Pool[]> {
  const { memory, runtime } = reach;
  const layout = waiting.length === 0 ? undefined : await readSqlLayout(evaluate, runtime.allgs.base, signal);
  if (layout === undefined) return [];
  const inSql = (signature: Signature, name = 'database/sql.') =>
    signature.frames.some((frame) => frame.function.startsWith(name));
  const byKey = new Map(snapshot.buckets.map((bucket) => [bucket.key, bucket.signature]));
  /**
   * What is not open any more, or never was, leaves a connection to code of `database/sql` alone: pointers on other stacks
   * are left from before.
   */
  const usesConnection = ({ bucket }: PoolHolder): boolean => {
    const signature = byKey.get(bucket);
    return signature === undefined || (inSql(signature) && !inSql(signature, waitsIn.connection));
  };
  const someoneRuns = snapshot.signatures.some(
    (signature) => signature.status !== 'waiting' && inSql(signature),
  );
  const pools: Pool[] = [];
  for (const pool of sqlPools(waiting, { memory, spans, layout }, reach, known)) {
    const units = pool.inUse.map(({ address, handles }) =>
      handles.length === 0 ? [address] : handles.map((handle) => handle.address),
    );
    const access = await accessTo(reach, spans, pool.address, units, signal);
    pools.push({
      ...{ kind: 'database', type: 'sql.DB', goType: 'database/sql.DB', address: pool.address },
      ...{ unit: 'connection', limitedBy: 'SetMaxOpenConns', limit: pool.limit, open: pool.open },
      waiting: pool.requests,
      units: pool.inUse.map(({ address, handles: [handle] }, i): PoolUnit => {
        const { holders: all, elsewhere } = access[i] ?? { holders: [], elsewhere: true };
        const known = all.map(holderOf);
        const holders = known.flatMap((holder) => holder ?? []);
        const unknown = known.includes(undefined);
        return handle === undefined
          ? { address, holders: holders.filter(usesConnection), elsewhere: unknown || someoneRuns }
          : {
              ...{ address, handle: { ...handle, givenBackBy: givenBackBy[handle.type] } },
              ...{ holders, elsewhere: unknown || elsewhere },
            };
      }),
    });
  }
  return pools;
}

/** Whoever has a permit has nothing in memory that shows it: the sources tell. */
async function semaphores(
  waiting: readonly Bucket[],
  { evaluate, reach, spans, known }: OpenHeap,
  signal: AbortSignal,
): Promise<readonly Pool[]> {
  const { memory, runtime } = reach;
  const layout =
    waiting.length === 0 ? undefined : await readSemaphoreLayout(evaluate, runtime.allgs.base, signal);
  if (layout === undefined) return [];
  const served = new Set<number>();
  const pools: Pool[] = [];
  for (const bucket of waiting) {
    const channels = channelsOf(bucket);
    if (channels.some((channel) => served.has(channel))) continue;
    const words = stackWords(bucket, reach, known);
    const found = channels
      .map((channel) => findSemaphore({ memory, spans, layout }, words, channel))
      .find((one) => one !== undefined);
    if (found === undefined) continue;
    for (const channel of found.waiting) served.add(channel);
    pools.push({
      ...{ kind: 'semaphore', type: 'semaphore.Weighted', goType: 'golang.org/x/sync/semaphore.Weighted' },
      ...{ address: found.address, unit: 'permit', limitedBy: 'NewWeighted', limit: found.size },
      ...{ open: found.current, waiting: found.waiting, units: [] },
    });
  }
  return pools;
}

const channelsOf = ({ wait }: Bucket): readonly number[] =>
  wait.kind === 'channel' ? wait.cases.map(({ channel }) => channel) : [];

function stackWords({ ids: [id] }: Bucket, reach: ReachSource, known: OpenHeap['known']): readonly number[] {
  const g = known.get(id ?? 0);
  return g === undefined ? [] : [...wordsOf(reach, stackOf(reach, g, []))].map(({ word }) => word);
}

const givenBackBy = {
  'sql.Conn': 'Close',
  'sql.Tx': 'Commit or Rollback',
  'sql.Rows': 'Close',
} as const;

/** Each database that goroutines wait for, once. */
function* sqlPools(
  waiting: readonly Bucket[],
  sql: SqlSource,
  reach: ReachSource,
  known: OpenHeap['known'],
): Generator<SqlPool> {
  const served = new Set<number>();
  const seen = new Set<number>();
  for (const bucket of waiting) {
    const channels = channelsOf(bucket);
    if (channels.some((channel) => served.has(channel))) continue;
    const words = stackWords(bucket, reach, known);
    const db = channels.map((channel) => findDb(sql, words, channel)).find((found) => found !== undefined);
    if (db === undefined || seen.has(db)) continue;
    seen.add(db);
    const pool = readSqlPool(sql, db);
    if (pool === undefined) continue;
    for (const channel of pool.requests) served.add(channel);
    yield pool;
  }
}
