import type { Knot } from '../graph/knots.js';
import { peersOf, type ReleaseEvidence } from '../graph/releaser.js';
import type { DeadlockClass, DeadlockSubtype } from '../model/diagnosis.js';
import { pipeEndOfAll } from '../model/pipe-ends.js';
import type { Bucket } from '../model/snapshot.js';
import { isSyncObject } from '../model/wait-object.js';
import {
  agree,
  behind,
  type Claim,
  goroutinesOf,
  isMainAlone,
  listed,
  type Rule,
  type RuleInput,
} from './rule.js';
import { isLost } from './study-waits.js';
import { placeOf, type SyncShape, shapeOf } from './sync-knot.js';

const name = 'unreachable-object';

const kinds: Readonly<Record<SyncShape, readonly [DeadlockClass, DeadlockSubtype]>> = {
  'double-lock': ['resource', 'double-lock'],
  'leaked-lock': ['resource', 'double-lock'],
  rwr: ['resource', 'rwr'],
  'lock-order': ['resource', 'ab-ba'],
  'channel-lock': ['mixed', 'channel-lock'],
  'channel-waitgroup': ['mixed', 'channel-waitgroup'],
  waitgroup: ['mixed', 'waitgroup-misuse'],
  cond: ['communication', 'condvar'],
  'self-wait': ['communication', 'condvar'],
};

/**
 * Goroutines wait for objects that nothing alive can reach. Memory proves it, with sources or without; where the
 * sources tell the whole story, a more specific rule does.
 */
export const unreachableObject: Rule = {
  name,
  apply: (input) =>
    input.unreachedKnots
      .filter((knot) => !keepsProgramRunning(knot, input) && !isPipe(knot, input))
      .map((knot) => claimOf(knot, input)),
};

/** A pipe whose other end has left has a rule of its own. */
const isPipe = (knot: Knot, { graph }: RuleInput): boolean =>
  isLost(knot, graph) && pipeEndOfAll(knot.buckets) !== undefined;

/** `<-make(chan int)` or the like at the end of main is a way to write `select {}`. */
function keepsProgramRunning(knot: Knot, input: RuleInput): boolean {
  const sends = knot.objects.some((object) => object.mode === 'send');
  return isMainAlone(knot, input) && !sends;
}

function claimOf(knot: Knot, input: RuleInput): Claim {
  const shape = shapeOf(knot, input);
  const [kind, subtype] =
    shape === undefined ? (['communication', channelSubtype(knot, input)] as const) : kinds[shape];
  const verb = agree(knot.buckets, 'waits', 'wait');
  const own = servedByItself(knot, input);
  const proved = knot.buckets.every((bucket) => input.graph.unreached?.has(bucket.key));
  return {
    rule: name,
    class: kind,
    subtype,
    certainty: proved ? 'proved' : 'strong',
    knot,
    summary: `${goroutinesOf(knot.buckets)} ${verb} in ${placesOf(knot)} for ${objectsText(knot, input)}, which nothing alive can reach${behind(knot.victims)}.`,
    explanation: `No goroutine that runs or can be woken, no package variable, no finalizer and no timer leads to it, directly or over any number of pointers: every goroutine that had it has returned or waits in this set.${own === undefined ? '' : ` By the sources it would be served at ${own.file}:${own.line}, where only this goroutine itself could still come, once it goes on.`}`,
    suggestion:
      own !== undefined
        ? inAnother
        : knot.objects.every((object) => !isSyncObject(object))
          ? 'Let the goroutine give up: a select with a done channel or a context, or a buffer for the value that nobody may receive.'
          : 'Look for the code that had it and returned: call Unlock and Done with defer, so that every path does.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, 'waits for what nothing alive can reach'])),
  };
}

const inAnother =
  'Do not wait in the goroutine that would serve what is waited for, nor in a callback that it runs: wait in a goroutine of its own, and return.';

/** Where one goroutine would serve all that it waits for itself, and nobody else who is stuck would. */
function servedByItself({ buckets, objects }: Knot, { graph }: RuleInput): ReleaseEvidence | undefined {
  const [own, ...others] = buckets;
  if (own === undefined || own.count > 1 || others.length > 0) return undefined;
  const peers = objects.map((object) => peersOf(object, graph.releasers.get(object) ?? []));
  const alone = peers.every((found) => found.length > 0 && found.every(({ bucket }) => bucket === own.key));
  return alone ? peers[0]?.[0]?.how : undefined;
}

/** A context says so by the method that its channel comes from; one that cannot end has none, and is not waited for. */
function channelSubtype({ buckets }: Knot, input: RuleInput): DeadlockSubtype {
  const isDone = (channel: string) => channel.endsWith('.Done()');
  const ofContext = (bucket: Bucket) => {
    const channels = input.receivedFrom(bucket);
    const all = bucket.wait.kind === 'channel' && bucket.wait.cases.length >= channels.length;
    return channels.length > 0 && (all ? channels.some(isDone) : channels.every(isDone));
  };
  return buckets.every(ofContext) ? 'channel-context' : 'channel';
}

const maxNames = 3;

/** By name; as so many channels when they have none and are many. */
function objectsText(knot: Knot, input: RuleInput): string {
  const names = knot.objects.map((object) => input.nameOf(object.address));
  // A dump shows the wait, and not for what.
  if (names.length === 0) return 'what a dump does not name';
  if (new Set(names).size <= maxNames) return listed(names);
  return `${names.length} ${knot.objects.some(isSyncObject) ? 'objects' : 'channels'}`;
}

function placesOf({ buckets }: Knot): string {
  const places = [...new Set(buckets.map((bucket) => placeOf(bucket).function))];
  const more = places.length > maxNames ? ' and elsewhere' : '';
  return `${places.slice(0, maxNames).join(', ')}${more}`;
}
