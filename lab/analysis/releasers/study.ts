import { messageOf, toLabError } from '../../errors.js';
import type { WaitingOp } from '../../source/facts.js';
import type { Sources } from '../../source/sources.js';
import type { Locators } from '../model/locator.js';
import type { Pool } from '../model/pool.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import { stacksOf } from '../model/source-stacks.js';
import { bucketsByObject, isSyncObject, type WaitObject, waitObject } from '../model/wait-object.js';
import { channelSearch, waitingFrame } from './channels.js';
import type { SearchContext } from './context.js';
import { waitForGroups } from './groups-ahead.js';
import { narrowByMemory } from './leaders.js';
import { objectOf, syncFrame, syncSearch, waitsIn } from './locks.js';
import { resourceSearch } from './pools.js';
import type { ReleaserSearch } from './search.js';
import {
  acquires,
  acquiringFrame,
  semaphoreSearch,
  waitsForPermit,
  withUnknownPermits,
} from './semaphores.js';
import { WaitingPlaces } from './waiting-ops.js';

export interface Searches {
  readonly byObject: ReadonlyMap<WaitObject, ReleaserSearch>;
  /** What a goroutine receives from in the line that it waits at, as written. */
  receivedFrom(bucket: Bucket): readonly string[];
  /** The receives that a goroutine may be parked in, of the line that it waits at. */
  receives(bucket: Bucket): readonly WaitingOp[];
  /** Its sends of that line. */
  sends(bucket: Bucket): readonly WaitingOp[];
}

/** Finds the releasers of everything that goroutines of the program wait for. */
export async function searchAll(
  snapshot: Snapshot,
  sources: Sources,
  locators: Locators,
  signal: AbortSignal,
): Promise<Searches> {
  const buckets = snapshot.buckets.filter(({ signature }) => !signature.system);
  const stacks = new Map(stacksOf(snapshot).map(({ id }, i) => [id, i]));
  const byStack = new Map<number, Bucket[]>();
  for (const bucket of buckets) {
    const stack = stacks.get(bucket.signature.id) ?? -1;
    const list = byStack.get(stack);
    if (list === undefined) byStack.set(stack, [bucket]);
    else list.push(bucket);
  }
  const context: SearchContext = {
    ...{ snapshot, buckets, sources, waiting: bucketsByObject(buckets) },
    ...{ channels: locators.channels, syncObjects: locators.syncObjects },
    stackOf: ({ id }) => stacks.get(id) ?? -1,
    bucketsOf: (stack) => byStack.get(stack) ?? [],
    someoneLives: buckets.some(({ wait }) => wait.kind === 'live'),
  };
  const places = new WaitingPlaces(context);
  await places.ask(placesToAsk(buckets));
  const byObject = new Map<WaitObject, ReleaserSearch>();
  const ofChannel = channelSearch(context, places);
  const pools = poolSearches(context, locators, places);
  for (const [object, waiting] of context.waiting) {
    signal.throwIfAborted();
    const pool = inPools.includes(object.mode) ? pools.of(object.address) : undefined;
    if (isSyncObject(object)) {
      const ofPool = pools.search(pool);
      if (ofPool !== undefined) byObject.set(object, await search(() => ofPool, signal));
      continue;
    }
    if (isOutside(object, snapshot)) continue;
    // A select that a clock or the like ends as well needs nobody at its other arms.
    if (waiting.every((bucket) => endsFromOutside(bucket, snapshot))) continue;
    if (pools.isSilent(object.address)) {
      byObject.set(object, { releasers: [], operations: [] });
      continue;
    }
    const looked = search(
      () => pools.search(pool) ?? ofChannel.ofWaiters(object.address, object.mode),
      signal,
    );
    // Beside what a pool has, it may wait for the end of a context.
    const isKnown = ({ wait }: Bucket) =>
      wait.kind === 'channel' && wait.cases.some(({ channel }) => pools.of(channel) !== undefined);
    const isPermit = pool === undefined && waiting.some((one) => waitsForPermit(one) && !isKnown(one));
    byObject.set(object, isPermit ? withUnknownPermits(await looked) : await looked);
  }
  if (locators.syncObjects !== undefined) {
    const ofSync = syncSearch(context, locators.syncObjects, places);
    for (const { wait } of buckets) {
      signal.throwIfAborted();
      if (wait.kind !== 'sync' || byObject.has(objectOf(wait))) continue;
      byObject.set(objectOf(wait), await search(() => ofSync(wait), signal));
    }
  }
  const isLive = (bucket: Bucket) =>
    bucket.wait.kind === 'live' || bucket.wait.kind === 'unknown' || endsFromOutside(bucket, snapshot);
  await narrowByMemory(byObject, context, places, ofChannel, isLive);
  if (locators.syncObjects !== undefined) await waitForGroups(byObject, context, locators.syncObjects);
  const receives = (bucket: Bucket) => placesAt(bucket, places, 'receive');
  const sends = (bucket: Bucket) => placesAt(bucket, places, 'send');
  return { byObject, receives, sends, receivedFrom: (bucket) => receives(bucket).map(({ text }) => text) };
}

/** How goroutines wait for a unit of a pool. */
const inPools: readonly WaitObject['mode'][] = ['receive', 'notify'];

/** Who ends waits for the units of pools, each pool looked at once. */
function poolSearches(context: SearchContext, { syncObjects }: Locators, places: WaitingPlaces) {
  const { pools = [] } = context.snapshot;
  const known = new Map<Pool, Promise<ReleaserSearch> | undefined>();
  const ofSemaphore = syncObjects && semaphoreSearch(context, syncObjects, places);
  const look = (pool: Pool) =>
    pool.kind === 'resources' ? Promise.resolve(resourceSearch(pool)) : ofSemaphore?.(pool, waitingFor(pool));
  const waitingFor = ({ waiting }: Pool) =>
    [...waiting].flatMap((channel) => context.waiting.get(waitObject('receive', channel)) ?? []);
  return {
    of: (channel: number) => pools.find(({ waiting }) => waiting.has(channel)),
    isSilent: (channel: number) => pools.some(({ silent }) => silent?.has(channel) === true),
    search(pool: Pool | undefined): Promise<ReleaserSearch> | undefined {
      if (pool === undefined) return undefined;
      if (!known.has(pool)) known.set(pool, look(pool));
      return known.get(pool);
    },
  };
}

/** A search that fails leaves open who ends the wait, and takes nothing else down. */
async function search(look: () => Promise<ReleaserSearch>, signal: AbortSignal): Promise<ReleaserSearch> {
  try {
    return await look();
  } catch (error) {
    if (signal.aborted || toLabError(error).code === 'interrupted') throw error;
    const why = `looking for that failed (${messageOf(error)})`;
    return { releasers: [{ kind: 'open', why, blind: true }], operations: [] };
  }
}

const isOutside = (object: WaitObject, { channels }: Snapshot) =>
  channels.get(object.address)?.wokenFromOutside !== undefined;

function endsFromOutside({ wait }: Bucket, snapshot: Snapshot): boolean {
  return (
    wait.kind === 'channel' &&
    wait.cases.some(({ channel, direction }) => isOutside(waitObject(direction, channel), snapshot))
  );
}

function* placesToAskOf(bucket: Bucket) {
  const { wait, signature } = bucket;
  if (wait.kind === 'sync') {
    const frame = syncFrame(bucket);
    if (frame !== undefined)
      yield { bucket, frame: signature.frames.indexOf(frame), kind: waitsIn[wait.mode] };
    return;
  }
  if (wait.kind !== 'channel' && wait.kind !== 'nil-channel') return;
  const acquiring = acquiringFrame(bucket);
  if (acquiring !== undefined && acquiring !== waitingFrame(bucket))
    yield { bucket, frame: signature.frames.indexOf(acquiring), kind: acquires };
  const frame = waitingFrame(bucket);
  if (frame === undefined) return;
  const at = signature.frames.indexOf(frame);
  const kinds =
    wait.kind === 'channel'
      ? new Set(wait.cases.map(({ direction }) => direction))
      : (['send', 'receive'] as const);
  for (const kind of kinds) yield { bucket, frame: at, kind };
}

const placesToAsk = (buckets: readonly Bucket[]) => buckets.flatMap((bucket) => [...placesToAskOf(bucket)]);

function placesAt(bucket: Bucket, places: WaitingPlaces, kind: 'send' | 'receive'): readonly WaitingOp[] {
  const frame = waitingFrame(bucket);
  if (frame === undefined) return [];
  const at = bucket.signature.frames.indexOf(frame);
  return places.of(bucket, at, kind).filter(({ near }) => near);
}
