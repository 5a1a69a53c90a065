import type { WaitingOp } from '../../source/facts.js';
import { isLibraryFunction, packageOf } from '../../source/library-paths.js';
import { findKnots, type Knot } from '../graph/knots.js';
import { peersOf, type Releaser } from '../graph/releaser.js';
import type { WaitForGraph } from '../graph/wait-for-graph.js';
import { type Bucket, isPrivateRuntime } from '../model/snapshot.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';
import type { ReleaserSearch } from '../releasers/search.js';

/** What tells a goroutine that serves others from one that needs an answer. */
export interface ConsumerFacts {
  readonly graph: WaitForGraph;
  readonly searches: ReadonlyMap<WaitObject, ReleaserSearch>;
  /** The receives of the line that a goroutine waits at. */
  receives(bucket: Bucket): readonly WaitingOp[];
  /** The sends of that line. */
  sends(bucket: Bucket): readonly WaitingOp[];
  /** There are no sources. */
  readonly isBlind: boolean;
}

/**
 * It waits to be given work, or to be told to end, by a program that has neither for it: the loop of a library, or a loop
 * around a select that there is one of. As long as nobody waits for it, that is how a healthy program looks which has
 * done all that it was asked for.
 */
export function isIdleConsumer(bucket: Bucket, facts: ConsumerFacts): boolean {
  if (isIdleOfLibrary(bucket, facts) || isSubscriber(bucket, facts)) return true;
  const places = facts.receives(bucket);
  if (!mayBeIdle(bucket, facts) || bucket.count > 1 || !places.every((place) => place.round === true))
    return false;
  return places.length > 1 || objectsOf(bucket).every((object) => isFedByItself(object, bucket, facts));
}

/** The loop of a library, or its wait for an end that the program never tells it. */
function isIdleOfLibrary(bucket: Bucket, facts: ConsumerFacts): boolean {
  const places = facts.receives(bucket);
  if (!mayBeIdle(bucket, facts) || !places.every((place) => place.foreign === true)) return false;
  if (places.every((place) => place.round === true)) return true;
  return isWithinItsPackage(bucket) && objectsOf(bucket).every((o) => isToldToEnd(facts.searches.get(o)));
}

/** The only one that waits for what a library tells its subscribers of, in a program that gives it nothing to tell. */
function isSubscriber(bucket: Bucket, facts: ConsumerFacts): boolean {
  if (bucket.count > 1 || !mayBeIdle(bucket, facts)) return false;
  const isTold = (object: WaitObject) => {
    const { made = [], story } = facts.searches.get(object) ?? {};
    const ofLibrary = [...made, ...(story?.sends ?? [])].every(({ foreign }) => foreign === true);
    return made.length > 0 && ofLibrary;
  };
  return facts.receives(bucket).every(({ round }) => round === true) && objectsOf(bucket).every(isTold);
}

/**
 * The package that it waits in, or one of the same repository, has started it, and nobody else has called: who calls a library's `Wait`, from a task that the
 * library runs as well, needs what it waits for.
 */
function isWithinItsPackage({ signature: { frames } }: Bucket): boolean {
  const own = frames.filter(({ function: name }) => !isPrivateRuntime(name) && name !== 'runtime.goexit');
  const [first] = own;
  const last = own.at(-1);
  if (first === undefined || last === undefined) return false;
  const path = packageOf(first.function);
  if (path !== packageOf(last.function)) return false;
  const repository = path.split('/').slice(0, 3).join('/');
  return own.every(
    (frame) => isLibraryFunction(frame) || `${packageOf(frame.function)}/`.startsWith(`${repository}/`),
  );
}

function mayBeIdle(bucket: Bucket, { graph, searches, receives, sends }: ConsumerFacts): boolean {
  const { wait } = bucket;
  if (wait.kind !== 'channel') return false;
  // A worker of a library may hand out the channel by which it gets its work: that is how it waits for some.
  const isOffer = ({ offer, foreign, round }: WaitingOp) =>
    offer === true && foreign === true && round === true;
  const hands = wait.cases.some(({ direction }) => direction === 'send');
  if (hands && (sends(bucket).length === 0 || !sends(bucket).every(isOffer))) return false;
  const isWork = (object: WaitObject) => {
    const search = searches.get(object);
    const isTimer = graph.channels.get(object.address)?.stoppedTimer === true;
    return search !== undefined && search.pool === undefined && !isTimer;
  };
  return objectsOf(bucket).every(isWork) && receives(bucket).length > 0;
}

/** It gives itself more of the work that others have given it before. */
function isFedByItself(object: WaitObject, { key }: Bucket, facts: ConsumerFacts): boolean {
  const peers = new Set(peersOf(object, facts.graph.releasers.get(object) ?? []).map((r) => r.bucket));
  const others = facts.graph.buckets.filter((bucket) => bucket.key !== key && peers.has(bucket.key));
  return peers.has(key) && others.every((bucket) => isIdleOfLibrary(bucket, facts));
}

/** It waits for what comes from others that have nothing to do: one thing after another, or their end. */
function isFollower(bucket: Bucket, facts: ConsumerFacts): boolean {
  if (!mayBeIdle(bucket, facts)) return false;
  const goesRound = facts.receives(bucket).every(({ round }) => round === true);
  return goesRound || objectsOf(bucket).every((object) => isToldToEnd(facts.searches.get(object)));
}

/**
 * Goroutines whose work it is to wait for more of it, or for an end, and with them nobody who needs anything. Whoever
 * started them has no more use for them and has never said so, which is untidy and hinders nobody.
 */
export function isMerelyIdle({ buckets, victims, starved }: Knot, facts: ConsumerFacts): boolean {
  return [...buckets, ...victims, ...starved].every(
    (bucket) => mayWaitUnseen(bucket, facts) || (isFollower(bucket, facts) && isWithinItsPackage(bucket)),
  );
}

/** It receives, and no source tells whether that is its work. */
const mayWaitUnseen = ({ wait }: Bucket, { isBlind }: ConsumerFacts): boolean =>
  isBlind && wait.kind === 'channel' && wait.cases.every(({ direction }) => direction === 'receive');

/** Nothing is ever sent there: it can only be closed. */
const isToldToEnd = (search: ReleaserSearch | undefined) =>
  search?.operations.every(({ kind }) => kind === 'close') === true &&
  (search.story?.sends ?? []).length === 0;

/**
 * The knots that tell of something wrong: without goroutines that merely have nothing to do. Where these are the last
 * that could come to others, the cycles among those others are what is wrong.
 */
export function withoutIdle(
  knots: readonly Knot[],
  stuck: ReadonlySet<string>,
  facts: ConsumerFacts,
  isKept: (knot: Knot) => boolean,
): readonly Knot[] {
  const isIdle = (bucket: Bucket) => isIdleConsumer(bucket, facts);
  const idle = knots.filter((knot) => knot.buckets.length > 0 && !isKept(knot) && knot.buckets.some(isIdle));
  if (idle.length === 0) return knots;
  const keys = new Set(idle.flatMap(({ buckets }) => buckets.filter(isIdle)).map(({ key }) => key));
  const isLeft = (r: Releaser) => !(r.kind === 'bucket' && keys.has(r.bucket));
  const releasers = new Map([...facts.graph.releasers].map(([object, all]) => [object, all.filter(isLeft)]));
  const cycles = findKnots({ ...facts.graph, releasers }, stuck).filter(
    (knot) =>
      isCycle(knot, releasers) && !knot.buckets.every(isIdle) && !knots.some((known) => isSame(known, knot)),
  );
  const told = new Set(cycles.flatMap((knot) => [...knot.buckets, ...knot.victims, ...knot.starved]));
  const isSilent = (bucket: Bucket) => keys.has(bucket.key) || isIdle(bucket) || told.has(bucket);
  const dropped = new Set(
    idle.filter(
      ({ buckets, victims, starved }) =>
        [...buckets, ...victims].every(isSilent) &&
        starved.every((bucket) => isSilent(bucket) || isFollower(bucket, facts)),
    ),
  );
  return [...knots.filter((knot) => !dropped.has(knot)), ...cycles];
}

/** Each of its objects would be served by one of its goroutines. */
const isCycle = ({ buckets, objects }: Knot, releasers: WaitForGraph['releasers']) =>
  objects.length > 0 &&
  objects.every((object) =>
    releasers.get(object)?.some((r) => r.kind === 'bucket' && buckets.some(({ key }) => key === r.bucket)),
  );

const isSame = (a: Knot, b: Knot) =>
  a.buckets.length === b.buckets.length && a.buckets.every((bucket) => b.buckets.includes(bucket));
