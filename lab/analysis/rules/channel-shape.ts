import { joinKnots } from '../graph/group-knots.js';
import type { Knot } from '../graph/knots.js';
import { nobodyServes, peersOf, type ReleaseEvidence, type Releaser } from '../graph/releaser.js';
import { countOf } from '../model/counts.js';
import { pipeEndOfAll } from '../model/pipe-ends.js';
import type { Pool } from '../model/pool.js';
import { hex, isPrivateRuntime } from '../model/snapshot.js';

import { objectsOf, type WaitObject } from '../model/wait-object.js';

import { departedReceivers } from './departed-receivers.js';
import { isSelfWait } from './latecomers.js';
import { agree, type Claim, fillOf, isMainAlone, listed, type Rule, type RuleInput } from './rule.js';
import { isLost } from './study-waits.js';
import { isOfSync } from './sync-knot.js';

/** What a knot of channels alone is; each has one rule. */
export type ChannelShape =
  | 'context'
  | 'self-wait'
  | 'timer'
  | 'pipe'
  | 'leaked-sender'
  | 'departed-receiver'
  | 'forgotten-close'
  | 'self-blocked'
  | 'pool'
  | 'units'
  | 'leaked-units'
  | 'leaked-permits'
  | 'leaked-slots'
  | 'ring'
  | 'other';

/** `undefined` for knots that are not of channels alone, and for a main goroutine that is meant to wait. */
export function channelShapeOf(knot: Knot, input: RuleInput, certainty: Claim['certainty']) {
  if (knot.objects.length === 0 || knot.objects.some((one) => isOfSync(one, input))) return undefined;
  if (keepsProgramRunning(knot, input)) return undefined;
  if (isSelfWait(knot, input)) return 'self-wait';
  return shapeOf(knot, input, certainty);
}

function shapeOf(knot: Knot, input: RuleInput, certainty: Claim['certainty']): ChannelShape {
  const peers = knot.objects.map((object) => peersOf(object, input.graph.releasers.get(object) ?? []));
  const stories = knot.objects.map((object) => input.searches.get(object)?.story);
  const pools = poolsIn(knot, input);
  if (pools.length > 0) {
    if (peers.some((found) => found.length > 0)) return 'units';
    return pools.every(({ kind }) => kind === 'resources') ? 'leaked-units' : 'leaked-permits';
  }
  const contexts = knot.objects.filter((o) => input.searches.get(o)?.contexts !== undefined);
  const stopped = knot.objects.map((object) => input.graph.channels.get(object.address)?.stoppedTimer);
  // A channel of times to which the program sends itself is no timer's.
  const isSentTo = stories.some((story) => (story?.sends.length ?? 0) > 0);
  if (stopped.every((is) => is === true) && !isSentTo) return 'timer';
  const isAlone = peers.every((found) => found.length === 0);
  if ((isAlone || isLost(knot, input.graph)) && pipeEndOfAll(knot.buckets) !== undefined) return 'pipe';
  if (isAlone) {
    // A select that a context would end was written for that: whatever else it waits for may well never come.
    if (contexts.length > 0) return 'context';
    if (knot.objects.every((object) => object.mode === 'send')) {
      if (knot.objects.every((object) => isLeftShort(object, input))) return 'leaked-slots';
      if (departedReceivers(knot, input).length > 0) return 'departed-receiver';
      return stories.some((story) => (story?.departures.length ?? 0) > 0) ? 'leaked-sender' : 'other';
    }
    if (knot.objects.every((object) => object.mode === 'receive' && isLeftShort(object, input)))
      return 'leaked-slots';
    // A select with a way out, which its receiver did not open when it left.
    const sent = knot.objects.filter((object) => object.mode === 'send');
    const isLeft = sent.every((o) => (input.searches.get(o)?.story?.departures.length ?? 0) > 0);
    if (sent.length > 0 && isLeft) return 'leaked-sender';
    const known = stories.some((story) => (story?.sends.length ?? 0) + (story?.closes.length ?? 0) > 0);
    return known ? 'forgotten-close' : 'other';
  }
  if (contexts.length > 0 && !hasOwnStory(knot, contexts, input)) return 'context';
  if (peers.every((found) => found.some((r) => r.how.answers === true && isIn(r.bucket, knot))))
    return countOf(knot.buckets) === 1 ? 'self-blocked' : 'pool';
  const [object, ...others] = knot.objects;
  if (object !== undefined && others.length === 0 && object.mode === 'send') {
    const receivers = receiversIn(object, input, certainty === 'strong');
    if (knot.buckets.every((bucket) => receivers.some((r) => r.bucket === bucket.key))) {
      return countOf(knot.buckets) === 1 ? 'self-blocked' : 'pool';
    }
  }
  if (peers.every((found) => found.length > 0 && found.every((r) => r.how.calledAt !== undefined))) {
    const busy = peers.flat().filter((r) => isBusy(r.how, knot));
    if (busy.length === peers.flat().length) return 'pool';
    // Idle workers that could hand each other work, if they had any.
    if (busy.length === 0) return 'forgotten-close';
  }
  const sends = knot.objects.every((o) => o.mode === 'send');
  return sends && knot.objects.length > 1 && peers.every((found) => found.length > 0) ? 'ring' : 'other';
}

/** Each goroutine that waits for the end of a context waits for something else too, which others of the knot would serve. */
function hasOwnStory(knot: Knot, contexts: readonly WaitObject[], { graph }: RuleInput): boolean {
  const isServed = (object: WaitObject) =>
    !contexts.includes(object) &&
    peersOf(object, graph.releasers.get(object) ?? []).some((r) => isIn(r.bucket, knot));
  return knot.buckets.every(
    (bucket) =>
      !objectsOf(bucket).some((object) => contexts.includes(object)) || objectsOf(bucket).some(isServed),
  );
}

/**
 * It has a buffer, and functions that put a value into it can return without taking one out, as they do on other ways; or,
 * where it holds tokens, the other way round.
 */
const isLeftShort = (object: WaitObject, { graph, searches }: RuleInput) =>
  (graph.channels.get(object.address)?.capacity ?? 0) > 0 && (searches.get(object)?.leaks ?? []).length > 0;

const isIn = (key: string, { buckets }: Knot) => buckets.some((bucket) => bucket.key === key);

/** The requests whose answers are waited for: the channel that each waits in, and who would take it out there. */
export function requestsIn({ objects }: Knot, { graph, searches }: RuleInput) {
  const takers = objects.flatMap((object) =>
    peersOf(object, graph.releasers.get(object) ?? []).filter((r) => r.how.answers === true),
  );
  const queues = objects.flatMap((object) => searches.get(object)?.leaders?.queues ?? []);
  const [taker] = takers;
  if (taker === undefined) return undefined;
  return {
    how: taker.how,
    queues: listed([...new Set(queues.map(({ name }) => name ?? taker.how.expression))]),
  };
}

/** The pools whose units the goroutines of a knot wait for. */
export const poolsIn = ({ objects }: Pick<Knot, 'objects'>, { searches }: RuleInput): readonly Pool[] => [
  ...new Set(objects.flatMap((object) => searches.get(object)?.pool ?? [])),
];

/** A worker waits within work that it was given, not for work. */
function isBusy(how: ReleaseEvidence, { buckets }: Knot): boolean {
  const own = buckets.find((bucket) => bucket.ids.includes(how.goroutine));
  const waits = own?.signature.frames.find((frame) => !isPrivateRuntime(frame.function));
  return waits !== undefined && waits.index < how.frame;
}

/** Those who would receive from a channel; where nobody else can, they need not have been evaluated. */
export function receiversIn(object: WaitObject, { graph }: RuleInput, unsureToo: boolean) {
  return (graph.releasers.get(object) ?? []).flatMap((r: Releaser) =>
    r.kind === 'bucket' && (r.certain || unsureToo) && r.how.operation === 'receive' ? [r] : [],
  );
}

/** `<-make(chan int)` in main, on a channel that nothing in the program ever serves: a way to write `select {}`. */
function keepsProgramRunning(knot: Knot, input: RuleInput): boolean {
  return (
    isMainAlone(knot, input) &&
    knot.objects.every(
      (object) => object.mode === 'receive' && input.searches.get(object)?.operations.length === 0,
    )
  );
}

/**
 * A rule for the channel knots of one shape: `strong` where nobody can wake them by the sources, `proved` where memory
 * alone says so, else `suspected`. A `tell` that answers nothing makes no claim of that knot.
 */
export function channelRule(
  name: string,
  shape: ChannelShape,
  tell: (
    knot: Knot,
    input: RuleInput,
    certainty: Claim['certainty'],
  ) => (Pick<Claim, 'summary' | 'explanation' | 'suggestion' | 'roles'> & Partial<Claim>) | undefined,
  /** Knots that memory alone proves have that shape too, whatever the sources leave open. */
  { unreached = false }: { readonly unreached?: boolean } = {},
): Rule {
  return {
    name,
    apply(input) {
      const claims = (knots: readonly Knot[], certainty: Claim['certainty']) =>
        mergedKnots(knots, input)
          .filter((knot) => channelShapeOf(knot, input, certainty) === shape)
          .flatMap((knot): readonly Claim[] => {
            const told = tell(knot, input, certainty);
            if (told === undefined) return [];
            return [{ rule: name, class: 'communication', subtype: 'channel', certainty, knot, ...told }];
          });
      return [
        ...claims(input.knots, 'strong'),
        ...claims(
          unreached
            ? input.unreachedKnots.filter((knot) => isLost(knot, input.graph))
            : input.lostKnots.filter((knot) => hasCertainPeers(knot, input)),
          'proved',
        ),
        ...claims(input.suspectedKnots, 'suspected'),
      ];
    },
  };
}

/** A story about who waits for whom rests on peers that were seen in their frames, or on none at all. */
const hasCertainPeers = ({ objects }: Knot, { graph }: RuleInput) =>
  objects.every((object) => {
    const peers = peersOf(object, graph.releasers.get(object) ?? []);
    return peers.length === 0 || peers.some(({ certain }) => certain);
  });

/**
 * The cases of one select, each with nobody to serve it, are one story; and so are goroutines that wait at one line
 * for channels of one name, each for its own; and all who wait for a unit of one pool.
 */
function mergedKnots(knots: readonly Knot[], input: RuleInput): readonly Knot[] {
  const known = merged.get(knots);
  if (known !== undefined) return known;
  const groups = new Map<string, Knot[]>();
  for (const [i, knot] of knots.entries()) {
    const key = isAbandoned(knot, input) ? placesOf(knot, input) : String(i);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [knot]);
    else group.push(knot);
  }
  const found = [...groups.values()].flatMap(joinKnots);
  merged.set(knots, found);
  return found;
}

/** Every rule about channels asks for the same. */
const merged = new WeakMap<readonly Knot[], readonly Knot[]>();

const isAbandoned = ({ objects }: Knot, { graph }: RuleInput) =>
  objects.length > 0 && nobodyServes(objects, graph.releasers);

function placesOf({ buckets, objects }: Knot, input: RuleInput): string {
  const [pool, ...others] = poolsIn({ objects }, input);
  if (pool !== undefined && others.length === 0) return `units of ${hex(pool.address)}`;
  const places = buckets.map(
    ({ signature }) => `${signature.userLocation.file}:${signature.userLocation.line}`,
  );
  const isSelect = buckets.every(({ wait }) => wait.kind === 'channel' && wait.cases.length > 1);
  const names = isSelect ? [] : objects.map((o) => `${o.mode} ${input.nameOf(o.address)}`);
  return [...new Set([...places, ...names])].sort().join('; ');
}

/** `main.sales.amounts (unbuffered) and ...`; channels of one name are counted. */
export function channelsText(knot: Knot, input: RuleInput): string {
  const counts = new Map<string, number>();
  for (const channel of new Set(knot.objects.map(({ address }) => address))) {
    const text = `${input.nameOf(channel)} (${fillOf(input.graph.channels.get(channel))}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, n]) => `${text}${n === 1 ? '' : `, ${n} of them`})`).join(' and ');
}

export const verbFor = (knot: Knot, one: string, many: string) => agree(knot.buckets, one, many);
