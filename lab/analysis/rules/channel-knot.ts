import type { Knot } from '../graph/knots.js';
import { nobodyServes, peersOf } from '../graph/releaser.js';
import { countOf } from '../model/counts.js';
import { channelRule, channelsText } from './channel-shape.js';
import { agree, behind, goroutinesOf, memorySays, type RuleInput } from './rule.js';

/**
 * A closed set of goroutines that wait for channels which only members of the set could serve; and channels that
 * nobody ever served. What has a more telling shape has a rule of its own.
 */
export const channelKnot = channelRule('channel-knot', 'other', (knot, input, certainty) => {
  const abandoned = nobodyServes(knot.objects, input.graph.releasers);
  const names = channelsText(knot, input);
  if (!abandoned) return isOwnEnd(knot, input) ? ownEndText(knot, names) : ringText(knot, names, input);
  if (certainty !== 'proved') return abandonedText(knot, names, everyOperation);
  const served = knot.objects.some((object) => (input.searches.get(object)?.operations.length ?? 1) > 0);
  return served
    ? undefined
    : abandonedText(knot, names, `Nothing in the sources ever does. ${memorySays(knot, input)}`);
});

const everyOperation =
  'Every operation on the channel in the sources was looked at: no goroutine is on its way to one that would end ' +
  'the wait, and no code that can still be called leads to one on this channel.';

function abandonedText(knot: Knot, names: string, explanation: string) {
  const sending = knot.objects[0]?.mode === 'send';
  const verb = agree(knot.buckets, 'waits', 'wait');
  const missing = sending ? 'receive from it' : 'send to it or close it';
  return {
    summary:
      `${goroutinesOf(knot.buckets)} ${verb} to ${sending ? 'send to' : 'receive from'} ${names}, ` +
      `and nobody is left to ${missing}${behind(knot.victims)}.`,
    explanation,
    suggestion: sending
      ? 'Keep a receiver until the senders are done, or let the sender give up: a buffered channel, or a select with a done channel or a context.'
      : 'Close the channel when the last sender is done, or let the receiver give up: a select with a done channel or a context.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, `waits for a peer that is not there`])),
  };
}

/** One goroutine, which alone would serve what it waits for. */
function ownText(knot: Knot, names: string) {
  return {
    summary: `${goroutinesOf(knot.buckets)} waits on ${names}, which only it could serve itself${behind(knot.victims)}.`,
    explanation:
      'Every operation on the channel in the sources was looked at: those that would end the wait come later in ' +
      'this very goroutine, and no other can still get to one on this channel.',
    suggestion:
      'Let another goroutine serve the channel, give it room for what is sent before it is read, or give up with a select.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, 'waits for itself'] as const)),
  };
}

/** One goroutine waits for a close that comes later in this very goroutine: for the end of what it runs in itself. */
const isOwnEnd = ({ buckets, objects }: Knot, { searches }: RuleInput): boolean =>
  countOf(buckets) === 1 &&
  objects.every(
    (object) =>
      object.mode === 'receive' &&
      searches.get(object)?.operations.every(({ kind }) => kind === 'close') === true,
  );

function ownEndText(knot: Knot, names: string) {
  return {
    summary: `${goroutinesOf(knot.buckets)} waits for the close of ${names}, which only it would close itself, once it returns or goes on${behind(knot.victims)}.`,
    explanation:
      'Every operation on the channel in the sources was looked at: those that would end the wait come later in ' +
      'this very goroutine, and no other can still get to one on this channel.',
    suggestion:
      'Do not wait for the end of the work from within it: ask for the end and return, or wait in a goroutine of its own.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, 'waits for its own end'] as const)),
  };
}

/** All wait for one channel, in one direction: who would come to the other end of it waits with them. */
function sameText(knot: Knot, names: string) {
  const [take, give] =
    knot.objects[0]?.mode === 'send' ? ['send to', 'receive from'] : ['receive from', 'send to'];
  return {
    summary: `${goroutinesOf(knot.buckets)} wait to ${take} ${names}, and all that were seen to ${give} it later are among them${behind(knot.victims)}.`,
    explanation: `Each of them would ${give} it only once it has got what it waits for: none can make the first step.`,
    suggestion:
      'Where the channel holds the units of a pool or of a limit, give back what one has before asking for more, or take all at once; ' +
      'else let a goroutine that never waits for the channel serve it, or give up with a select.',
    roles: new Map(
      knot.buckets.map(
        (bucket) => [bucket.key, `waits in ${bucket.signature.userLocation.function}`] as const,
      ),
    ),
  };
}

const serving: Readonly<Record<string, string>> = {
  send: 'send to',
  receive: 'receive from',
  close: 'close',
};
const mostServed = 3;

/** Where members of the ring would serve its channels. */
function servedText(knot: Knot, { graph, nameOf }: RuleInput): string {
  const members = new Set(knot.buckets.map(({ key }) => key));
  const served = knot.objects.flatMap((object) => {
    const peer = peersOf(object, graph.releasers.get(object) ?? []).find(
      ({ bucket, certain, how }) => members.has(bucket) && certain && how.leads !== true,
    );
    const verb = peer === undefined ? undefined : serving[peer.how.operation];
    if (peer === undefined || verb === undefined) return [];
    const { goroutine, file, line, function: name } = peer.how;
    return [
      ` Goroutine ${goroutine} would ${verb} ${nameOf(object.address)} at ${file}:${line} in ${name}, and does not get there.`,
    ];
  });
  return [...new Set(served)].slice(0, mostServed).join('');
}

function ringText(knot: Knot, names: string, input: RuleInput) {
  if (countOf(knot.buckets) === 1) return ownText(knot, names);
  if (new Set(knot.objects).size === 1) return sameText(knot, names);
  return {
    summary: `${goroutinesOf(knot.buckets)} wait for one another over ${names}${behind(knot.victims)}.`,
    explanation:
      'Each of these channels can be served only by goroutines of this set, and each of them waits for another ' +
      `channel of the set: none can make the first step.${servedText(knot, input)}`,
    suggestion:
      'Break the ring: give one of the channels a reader that never sends to the others, or let one of the sends ' +
      'give up with a select.',
    roles: new Map(
      knot.buckets.map(
        (bucket) => [bucket.key, `waits in ${bucket.signature.userLocation.function}`] as const,
      ),
    ),
  };
}
