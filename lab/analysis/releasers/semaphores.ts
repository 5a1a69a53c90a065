import type { Releaser } from '../graph/releaser.js';
import type { Frame } from '../model/frames.js';
import type { Locator } from '../model/locator.js';
import type { Pool } from '../model/pool.js';
import { type Bucket, isPrivateRuntime } from '../model/snapshot.js';
import { blindSpots, type SearchContext, unansweredBy } from './context.js';
import { comingTo, holdersOf, type SyncWait } from './locks.js';
import type { ReleaserSearch } from './search.js';
import { syncFacts } from './sync-facts.js';
import { chooseOp, type WaitingPlaces } from './waiting-ops.js';

const inSemaphore = /^golang\.org\/x\/sync\/semaphore\./;

/** The frame that asks for a permit. */
export const acquiringFrame = ({ signature: { frames } }: Bucket): Frame | undefined =>
  frames.find(({ function: name }) => !isPrivateRuntime(name) && !inSemaphore.test(name));

/** It waits in `Acquire`, for a channel that the semaphore keeps in a list of its own. */
export const waitsForPermit = ({ wait, signature: { frames } }: Bucket): boolean =>
  wait.kind === 'channel' && frames.some(({ function: name }) => inSemaphore.test(name));

/** Where memory did not tell which semaphore it is, the sources cannot: whoever gives a permit back may mean this one. */
export function withUnknownPermits(search: ReleaserSearch): ReleaserSearch {
  const why = 'which semaphore it waits for could not be read';
  return { ...search, releasers: [...search.releasers, { kind: 'open', why, blind: true }] };
}

/** What the helper calls asking for a permit: several have one at once, as readers have a lock. */
export const acquires = 'rlock';

const maxPlaces = 8;

/** Finds who could give a permit back: who stands between taking and giving back, and who gives back for others. */
export function semaphoreSearch(context: SearchContext, locator: Locator, places: WaitingPlaces) {
  const factsOf = syncFacts(context, locator);
  const blind = blindSpots(context);
  return async (pool: Pool, waiting: readonly Bucket[]): Promise<ReleaserSearch> => {
    const releasers: Releaser[] = [...blind];
    const open = (why: string, isBlind = false) => releasers.push({ kind: 'open', why, blind: isBlind });
    const ops = new Map<number, boolean>();
    const signatures = new Map(waiting.map((bucket) => [bucket.signature.id, bucket]));
    for (const bucket of [...signatures.values()].slice(0, maxPlaces)) {
      const frame = acquiringFrame(bucket);
      if (frame === undefined) continue;
      const found = await chooseOp(
        places.of(bucket, bucket.signature.frames.indexOf(frame), acquires),
        { bucket, frame, address: pool.address },
        locator,
      );
      if (found.kind === 'none') open(found.why, found.blind);
      else for (const op of found.ops) ops.set(op.op, ops.get(op.op) === true || found.sure);
    }
    if (ops.size === 0) {
      if (releasers.length === 0) open('where it is taken was not found in the sources', true);
      return { releasers, operations: [], pool };
    }
    const facts = await factsOf([...ops.keys()], 'drain');
    const { class: found } = facts;
    releasers.push(...unansweredBy(found));
    for (const { why, file, line } of found.escapes) open(`it is passed to ${why} (${file}:${line})`);
    const wait: SyncWait = { kind: 'sync', objectKind: 'rwmutex', address: pool.address, mode: 'drain' };
    releasers.push(...holdersOf(facts, wait).map((holder) => asUnit(holder, 'taken', pool)));
    for (const operation of found.operations) {
      if (operation.bare !== true) continue;
      const coming = comingTo(operation, facts, pool.address);
      releasers.push(...coming.map((one) => asUnit(one, 'given back', pool)));
    }
    const name = found.names[0]?.name;
    return {
      releasers,
      operations: found.operations.map(({ kind, function: fn, file, line, expr }) => ({
        ...{ kind, function: fn, file, line, expression: expr },
      })),
      ...(name === undefined ? {} : { name }),
      leaks: found.leaks,
      pool: name === undefined ? pool : { ...pool, type: name },
    };
  };
}

function asUnit(releaser: Releaser, place: 'taken' | 'given back', { unit }: Pool): Releaser {
  if (releaser.kind === 'open') return releaser;
  const { how, ...one } = releaser;
  return {
    ...one,
    how: { ...how, operation: 'give-back', expression: unit, place, givenBackBy: 'Release' },
  };
}
