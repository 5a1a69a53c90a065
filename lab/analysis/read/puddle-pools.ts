import { accessTo, type UnitAccess, type UnitHolder } from '../../goruntime/pools/holders.js';
import {
  findPuddle,
  type PuddlePool,
  type PuddleResource,
  puddlesAt,
  readPuddle,
} from '../../goruntime/pools/puddle.js';
import { type PuddleLayout, readPuddleLayouts } from '../../goruntime/pools/puddle-layout.js';
import type { RawSemaphore } from '../../goruntime/pools/semaphore.js';
import { isLibraryFunction } from '../../source/library-paths.js';
import type { Pool, PoolHandle, PoolUnit } from '../model/pool.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import { objectsOf } from '../model/wait-object.js';
import type { FoundHolder, OpenHeap } from './open-heap.js';
import { asHolder, channelsOf, isBelow, stackWords, waitingIn } from './pool-source.js';

const inPuddle = /^github\.com\/jackc\/puddle(?:\/v\d+)?\./;
/** Of a generic pool the instance stands between brackets; inner functions have a suffix. */
export const isPuddleWait = (name: string) =>
  inPuddle.test(name) && /\.\(\*Pool(?:\[.*\])?\)\.[aA]cquire\b/.test(name);
const inAnyPool = /^github\.com\/jackc\/(?:puddle(?:\/v\d+)?|pgx(?:\/v\d+)?\/pgxpool)\./;

/** Who waits for one pool, and by what object it is found. */
interface Waiting {
  /** The semaphore, or the condition variable. */
  readonly object: number;
  readonly buckets: readonly Bucket[];
  /** What each of them waits for. */
  readonly addresses: ReadonlySet<number>;
}

/** Pools of puddle, and of pgxpool, of which goroutines wait for a resource; and the semaphores that are parts of them. */
export async function puddles(
  {
    semaphores,
    onConditions,
  }: {
    readonly semaphores: ReadonlyMap<RawSemaphore, readonly Bucket[]>;
    readonly onConditions: readonly Bucket[];
  },
  heap: OpenHeap,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<{ readonly pools: readonly Pool[]; readonly semaphores: ReadonlySet<RawSemaphore> }> {
  const own = [...semaphores].filter(([, buckets]) =>
    buckets.some(({ signature }) => isBelow(signature, isPuddleWait)),
  );
  const found = { pools: [] as Pool[], semaphores: new Set(own.map(([semaphore]) => semaphore)) };
  if (own.length + onConditions.length === 0) return found;
  const { evaluate, listTypes } = heap;
  const { memory, runtime } = heap.reach;
  const layouts = await readPuddleLayouts(evaluate, listTypes, runtime.allgs.base, signal);
  const selects = waitingIn(snapshot, isPuddleWait);
  const all: Waiting[] = [
    ...own.map(([{ address, waiting }, buckets]) => ({ object: address, buckets, addresses: waiting })),
    ...waitingForConditions(onConditions),
  ];
  for (const waiting of all) {
    const raw = poolOf(waiting, layouts, memory, heap);
    if (raw === undefined) continue;
    const channels = onConditions.length === 0 ? [] : channelsBefore(raw.address, selects, snapshot, heap);
    const addresses = new Set([...waiting.addresses, ...channels]);
    found.pools.push(await withHolders(raw, addresses, snapshot, heap, signal));
  }
  return found;
}

/** Of the first puddle: who waits for each condition. */
function waitingForConditions(waiting: readonly Bucket[]): Waiting[] {
  const out = new Map<number, Bucket[]>();
  for (const bucket of waiting) {
    if (bucket.wait.kind !== 'sync' || bucket.wait.mode !== 'notify') continue;
    const { address } = bucket.wait;
    out.set(address, [...(out.get(address) ?? []), bucket]);
  }
  return [...out].map(([object, buckets]) => ({ object, buckets, addresses: new Set([object]) }));
}

/**
 * Of the first puddle: one who may give up waits for a channel, into which a goroutine of its own sends that waits for the
 * condition.
 */
function channelsBefore(
  pool: number,
  selects: readonly Bucket[],
  { channels }: Snapshot,
  heap: OpenHeap,
): readonly number[] {
  return selects.flatMap((select) =>
    stackWords(select, heap).includes(pool)
      ? channelsOf(select).filter((channel) => channels.get(channel)?.capacity === 1)
      : [],
  );
}

function poolOf(
  { object, buckets }: Waiting,
  layouts: readonly PuddleLayout[],
  memory: OpenHeap['reach']['memory'],
  heap: OpenHeap,
): PuddlePool | undefined {
  for (const layout of layouts) {
    const source = { memory, spans: heap.spans, layout };
    for (const bucket of buckets) {
      const address = findPuddle(source, stackWords(bucket, heap), object);
      if (address !== undefined) return readPuddle(source, address);
    }
    // No frame needs to keep the pool until the goroutine is woken.
    for (const address of puddlesAt(source, object)) {
      const pool = readPuddle(source, address);
      if (pool !== undefined) return pool;
    }
  }
  return undefined;
}

async function withHolders(
  pool: PuddlePool,
  waiting: ReadonlySet<number>,
  snapshot: Snapshot,
  { reach, spans, holderOf }: OpenHeap,
  signal: AbortSignal,
): Promise<Pool> {
  const places = pool.inUse.map(({ address, handle }) => handle ?? { objects: [address] });
  const asking = new Set(snapshot.buckets.filter((one) => waitsForAny(one, waiting)).map(({ key }) => key));
  const mayHold = (one: UnitHolder) => !isRemains(holderOf(one), asking);
  const access = await accessTo(reach, spans, { own: pool.own, units: places, mayHold }, signal);
  const someoneRuns = snapshot.signatures.some(
    (one) => one.status !== 'waiting' && isBelow(one, (name) => inAnyPool.test(name)),
  );
  const isOnItsWay = ({ inner }: FoundHolder) => inner.some((frame) => inAnyPool.test(frame.function));
  const unitOf = ({ address, handle }: PuddleResource, seen: UnitAccess | undefined): PoolUnit => {
    const { holders: all, elsewhere } = seen ?? { holders: [], elsewhere: true };
    const known = all.map(holderOf);
    const holders = known.flatMap((one) => one ?? []);
    const unknown = known.includes(undefined);
    if (handle === undefined) {
      const own = holders.filter(isOnItsWay).map(asHolder);
      return { address, holders: own, elsewhere: unknown || elsewhere || someoneRuns };
    }
    return {
      ...{ address, handle: handleOf(handle) },
      ...{ holders: holders.map(asHolder), elsewhere: unknown || elsewhere },
    };
  };
  return {
    ...{ kind: 'resources', address: pool.address, goType: pool.goType },
    ...(pool.ofPgx
      ? { type: 'pgxpool.Pool', unit: 'connection', limitedBy: 'MaxConns' }
      : { type: 'puddle.Pool', unit: 'resource', limitedBy: 'MaxSize' }),
    ...{ limit: pool.limit, open: pool.taken, waiting },
    units: pool.inUse.map((resource, i) => unitOf(resource, access[i])),
  };
}

/**
 * The pointer is what an earlier call has left in a frame: of a call that has yet to get a resource, or of Go's own library,
 * which cannot give one back.
 */
function isRemains(holder: FoundHolder | undefined, asking: ReadonlySet<string>): boolean {
  const [first, ...outer] = holder?.inner ?? [];
  if (holder === undefined || first === undefined) return false;
  if (asking.has(holder.bucket) && holder.inner.some((frame) => isPuddleWait(frame.function))) return true;
  // Inlined calls share the frame of the function that has it.
  const owner = outer.findLast(({ offset }) => offset === first.offset) ?? first;
  return isLibraryFunction(owner);
}

const waitsForAny = (bucket: Bucket, waiting: ReadonlySet<number>): boolean =>
  objectsOf(bucket).some(({ address }) => waiting.has(address));

const givenBackBy = {
  'puddle.Resource': 'Release',
  'pgxpool.Conn': 'Release',
  'pgxpool.Tx': 'Commit or Rollback',
  'pgx.Rows': 'Close',
  'pgx.Row': 'Scan',
} as const;

const handleOf = ({ type }: { readonly type: keyof typeof givenBackBy }): PoolHandle => ({
  ...{ type, givenBackBy: givenBackBy[type] },
});
