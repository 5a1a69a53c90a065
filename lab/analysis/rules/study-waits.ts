import type { WaitingOp } from '../../source/facts.js';
import type { Sources } from '../../source/sources.js';
import { foldAlike } from '../graph/group-knots.js';
import { findKnots, type Knot } from '../graph/knots.js';
import { peersOf } from '../graph/releaser.js';
import { deadlockedBuckets, type WaitForGraph } from '../graph/wait-for-graph.js';
import type { Locators } from '../model/locator.js';
import type { RanThen } from '../model/ran-then.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import { stacksOf } from '../model/source-stacks.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';
import { objectNames } from '../releasers/names.js';
import { shutdownsFromInside } from '../releasers/own-server.js';
import { findSpins } from '../releasers/spins.js';
import { searchAll } from '../releasers/study.js';
import { type ConsumerFacts, isMerelyIdle, withoutIdle } from './idle-consumers.js';
import type { RuleInput } from './rule.js';

export interface Study {
  readonly input: RuleInput;
  /** Keys of the buckets that nobody can wake. */
  readonly deadlocked: ReadonlySet<string>;
}

/** Finds the releasers of all that is waited for, and the sets that nobody can wake. */
export async function studyWaits(
  snapshot: Snapshot,
  sources: Sources,
  locators: Locators,
  /** Whether a timer may still run code when every goroutine waits; asked only then. */
  timersPending: () => Promise<boolean>,
  signal: AbortSignal,
  /** Keeps what memory proves apart from what is alike and only likely: for programs where the likely decides nothing. */
  {
    proofsApart = false,
    earlier = [],
  }: { readonly proofsApart?: boolean; readonly earlier?: readonly RanThen[] | undefined } = {},
): Promise<Study> {
  const buckets = snapshot.buckets.filter((bucket) => !bucket.signature.system);
  const {
    byObject: searches,
    receivedFrom,
    receives,
    sends,
  } = await searchAll(snapshot, sources, locators, signal);
  const spins = await findSpins(snapshot, sources, earlier);
  const timers = buckets.some(({ wait }) => wait.kind === 'live') ? undefined : await timersPending();
  const unreached = unreachedBuckets(buckets, snapshot.reached?.reaches);
  const { all, deadlocked, graph, knots, explained } = followWaits(
    {
      buckets,
      channels: snapshot.channels,
      syncObjects: snapshot.syncObjects,
      releasers: new Map([...searches].map(([object, search]) => [object, search.releasers])),
      unreached,
      timersPending: timers,
    },
    { searches, receives, sends, isBlind: sources.absent !== undefined },
    unreached.size === 0 ? unreached : unreachedBuckets(buckets, await snapshot.reached?.byLeftovers?.()),
  );
  const suspected = deadlockedBuckets(all, 'certain');
  const unreachedKnots = foldAlike(knots.filter((knot) => !explained(knot)));
  const input: RuleInput = {
    snapshot,
    graph,
    searches,
    knots: foldAlike(knots.filter(explained), (knot) => proofsApart && isLost(knot, graph)),
    unreachedKnots,
    lostKnots: unreachedKnots.filter((knot) => isReadable(knot, searches)),
    suspectedKnots: findKnots(all, suspected).filter(
      (knot) => !knot.buckets.some((bucket) => deadlocked.has(bucket.key)) && isEvaluatedCycle(knot, graph),
    ),
    spins,
    shutdowns: await shutdownsFromInside(buckets, locators),
    someoneRuns: graph.timersPending === true || buckets.some((bucket) => !deadlocked.has(bucket.key)),
    isLibrary: libraryFiles(snapshot, sources),
    receivedFrom,
    nameOf: objectNames(searches, buckets),
  };
  return { input, deadlocked };
}

/**
 * Finds the sets that nobody can wake, and their knots. That nothing but other goroutines leads to what is waited for tells
 * something only where these were seen to be the ones who would end the wait, and where not all of them wait for work: else
 * whatever may come by the sources counts.
 */
function followWaits(
  first: WaitForGraph,
  told: Omit<ConsumerFacts, 'graph'>,
  /** To which not even what is left on stacks leads. */
  forgotten: ReadonlySet<string>,
) {
  const { searches, receives } = told;
  const isNarrowed = (object: WaitObject, { releasers }: WaitForGraph) =>
    searches.get(object)?.leaders !== undefined && releasers.get(object) === searches.get(object)?.releasers;
  for (let all = first; ; ) {
    const deadlocked = deadlockedBuckets(all, 'all');
    const graph = withoutRuledOut(all, deadlocked);
    const found = findKnots(graph, deadlocked);
    const doubtful = found.filter(
      (knot) =>
        knot.objects.some((object) => isNarrowed(object, all)) &&
        !isLost(knot, graph) &&
        !knot.buckets.some(mustGoOn) &&
        !(isShownCycle(knot, graph) && knot.buckets.some((bucket) => asks(bucket, receives))),
    );
    const objects = doubtful
      .flatMap((knot) => [...knot.objects, ...knot.buckets.flatMap(objectsOf)])
      .filter((object) => isNarrowed(object, all));
    if (objects.length > 0) {
      const releasers = new Map(all.releasers);
      for (const object of objects) releasers.set(object, searches.get(object)?.leaders?.bySources ?? []);
      all = { ...all, releasers };
      continue;
    }
    const facts = { graph, ...told };
    const isForgotten = ({ buckets }: Knot) => buckets.every(({ key }) => forgotten.has(key));
    // Without what memory alone proves: a rule that tells its story from the sources needs them to be complete.
    const bySource = deadlockedBuckets({ ...all, unreached: undefined }, 'all');
    const explained = (knot: Knot) => knot.buckets.every((bucket) => bySource.has(bucket.key));
    const byMaps = (knot: Knot) => isLost(knot, graph) && !isForgotten(knot);
    const isTold = (knot: Knot) => !byMaps(knot) || explained(knot) || !isMerelyIdle(knot, facts);
    const isKept = (knot: Knot) => isLost(knot, graph) && (isForgotten(knot) || !explained(knot));
    const knots = withoutIdle(found.filter(isTold), deadlocked, facts, isKept);
    return { all, deadlocked, graph, knots, explained };
  }
}

/** Each object has one in the knot that was seen to be about to end the wait, or that would take the request for it. */
function isShownCycle({ buckets, objects }: Knot, { releasers }: WaitForGraph): boolean {
  const members = new Set(buckets.map(({ key }) => key));
  return (
    objects.length > 0 &&
    objects.every((object) =>
      peersOf(object, releasers.get(object) ?? []).some(
        (r) => members.has(r.bucket) && (r.certain || r.how.answers === true),
      ),
    )
  );
}

/** Whoever wants a lock, or has something to send, is not idle: it may not wait for ever. */
function mustGoOn({ wait }: Bucket): boolean {
  if (wait.kind === 'sync') return wait.mode !== 'notify' && wait.mode !== 'wait';
  return wait.kind === 'channel' && wait.cases.some(({ direction }) => direction === 'send');
}

/** It needs something of others to go on, other than more work. */
function asks(bucket: Bucket, receives: (bucket: Bucket) => readonly WaitingOp[]): boolean {
  const { wait } = bucket;
  if (wait.kind === 'sync') return wait.mode !== 'notify';
  if (wait.kind !== 'channel') return false;
  // Where the receive was not found, it stands in no loop that was seen.
  return mustGoOn(bucket) || !receives(bucket).some(({ round }) => round === true);
}

/** Whether a file that a frame stands in belongs to Go's own library. */
function libraryFiles(snapshot: Snapshot, sources: Sources): (file: string) => boolean {
  const files = new Map<string, boolean>();
  for (const [stack, { frames }] of stacksOf(snapshot).entries()) {
    for (const [i, { file }] of frames.entries()) {
      if (!files.has(file)) files.set(file, sources.frame(stack, i).library);
    }
  }
  return (file) => files.get(file) === true;
}

/** Those of which every object that they wait for is out of reach of whatever can still run. */
function unreachedBuckets(
  buckets: readonly Bucket[],
  reaches: ((address: number) => boolean) | undefined,
): ReadonlySet<string> {
  const lost = buckets.filter((bucket) => {
    if (bucket.signature.leaked === true) return true;
    if (reaches === undefined) return false;
    const objects = objectsOf(bucket);
    return objects.length > 0 && objects.every((object) => !reaches(object.address));
  });
  return new Set(lost.map((bucket) => bucket.key));
}

/**
 * The graph without those who would have to reach what nothing alive can: of all who may come by the sources, only the
 * goroutines that are stuck themselves can be meant.
 */
export function withoutRuledOut(graph: WaitForGraph, stuck: ReadonlySet<string>): WaitForGraph {
  const lost = graph.buckets.filter(({ key }) => graph.unreached?.has(key)).flatMap(objectsOf);
  const releasers = new Map(graph.releasers);
  for (const object of lost) {
    const own = releasers
      .get(object)
      ?.filter((r) =>
        r.kind === 'bucket' ? stuck.has(r.bucket) : r.leads && r.behind?.every((key) => stuck.has(key)),
      );
    if (own !== undefined) releasers.set(object, own);
  }
  return { ...graph, releasers };
}

/** The sources were there to be looked at, and what they tell is of these very objects. */
export function isReadable({ objects }: Knot, searches: RuleInput['searches']): boolean {
  return objects.every((object) => {
    const search = searches.get(object);
    const blind = search?.releasers.some((r) => r.kind === 'open' && r.blind);
    return search !== undefined && !blind && search.lostFromSight !== true;
  });
}

/** Every object of the knot has a releaser in it that was seen in a frame: a cycle, not merely silence. */
function isEvaluatedCycle(knot: Knot, graph: WaitForGraph): boolean {
  const members = new Set(knot.buckets.map((bucket) => bucket.key));
  return (
    knot.objects.length > 0 &&
    knot.objects.every((object) =>
      peersOf(object, graph.releasers.get(object) ?? []).some((r) => r.certain && members.has(r.bucket)),
    )
  );
}

/** Nothing alive reaches any object that its goroutines wait for. */
export function isLost({ buckets }: Knot, { unreached }: WaitForGraph): boolean {
  return buckets.every((bucket) => unreached?.has(bucket.key));
}
