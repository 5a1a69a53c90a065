import { accessTo } from '../../goruntime/pools/holders.js';
import { findDb, readSqlPool, type SqlPool, type SqlSource } from '../../goruntime/pools/sql.js';
import { readSqlLayout } from '../../goruntime/pools/sql-layout.js';
import type { Pool, PoolUnit } from '../model/pool.js';
import type { Bucket, Signature, Snapshot } from '../model/snapshot.js';
import type { FoundHolder, OpenHeap } from './open-heap.js';
import { asHolder, channelsOf, isBelow, stackWords } from './pool-source.js';

export const isDatabaseWait = (name: string) => name === 'database/sql.(*DB).conn';

/** Databases of which goroutines wait for a connection. */
export async function databases(
  waiting: readonly Bucket[],
  heap: OpenHeap,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<readonly Pool[]> {
  if (waiting.length === 0) return [];
  const { evaluate, reach, spans, holderOf } = heap;
  const { memory, runtime } = reach;
  const layout = await readSqlLayout(evaluate, runtime.allgs.base, signal);
  if (layout === undefined) return [];
  const inSql = (signature: Signature) => isBelow(signature, (name) => name.startsWith('database/sql.'));
  const byKey = new Map(snapshot.buckets.map((bucket) => [bucket.key, bucket.signature]));
  /**
   * What is not open any more, or never was, leaves a connection to code of `database/sql` alone: pointers on other stacks
   * are left from before.
   */
  const usesConnection = ({ bucket }: FoundHolder): boolean => {
    const signature = byKey.get(bucket);
    return signature === undefined || (inSql(signature) && !isBelow(signature, isDatabaseWait));
  };
  const someoneRuns = snapshot.signatures.some(
    (signature) => signature.status !== 'waiting' && inSql(signature),
  );
  const pools: Pool[] = [];
  for (const pool of sqlPools(waiting, { memory, spans, layout }, heap)) {
    const units = pool.inUse.map(({ address, handles }) => ({
      objects: handles.length === 0 ? [address] : handles.map((handle) => handle.address),
    }));
    const access = await accessTo(reach, spans, { own: [pool.address], units }, signal);
    pools.push({
      ...{ kind: 'resources', type: 'sql.DB', goType: 'database/sql.DB', address: pool.address },
      ...{ unit: 'connection', limitedBy: 'SetMaxOpenConns', limit: pool.limit, open: pool.open },
      waiting: pool.requests,
      units: pool.inUse.map(({ address, handles: [handle] }, i): PoolUnit => {
        const { holders: all, elsewhere } = access[i] ?? { holders: [], elsewhere: true };
        const known = all.map(holderOf);
        const holders = known.flatMap((holder) => holder ?? []);
        const unknown = known.includes(undefined);
        return handle === undefined
          ? {
              ...{ address, holders: holders.filter(usesConnection).map(asHolder) },
              elsewhere: unknown || someoneRuns,
            }
          : {
              ...{ address, handle: { type: handle.type, givenBackBy: givenBackBy[handle.type] } },
              ...{ holders: holders.map(asHolder), elsewhere: unknown || elsewhere },
            };
      }),
    });
  }
  return pools;
}

const givenBackBy = {
  'sql.Conn': 'Close',
  'sql.Tx': 'Commit or Rollback',
  'sql.Rows': 'Close',
} as const;

/** Each database that goroutines wait for, once. */
function* sqlPools(waiting: readonly Bucket[], sql: SqlSource, heap: OpenHeap): Generator<SqlPool> {
  const served = new Set<number>();
  const seen = new Set<number>();
  for (const bucket of waiting) {
    const channels = channelsOf(bucket);
    if (channels.some((channel) => served.has(channel))) continue;
    const words = stackWords(bucket, heap);
    const db = channels.map((channel) => findDb(sql, words, channel)).find((found) => found !== undefined);
    if (db === undefined || seen.has(db)) continue;
    seen.add(db);
    const pool = readSqlPool(sql, db);
    if (pool === undefined) continue;
    for (const channel of pool.requests) served.add(channel);
    yield pool;
  }
}
