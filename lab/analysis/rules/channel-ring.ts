import type { Knot } from '../graph/knots.js';
import { peersOf } from '../graph/releaser.js';
import { channelRule, channelsText } from './channel-shape.js';
import { agree, behind, goroutinesOf, type RuleInput } from './rule.js';
import { placeOf } from './sync-knot.js';

/** Each goroutine of a ring waits to send to the channel that the next one drains, and all of them are full. */
export const channelRing = channelRule('channel-ring', 'ring', (knot, input) => {
  const areSlots = haveSlots(knot, input);
  const steps = knot.objects.flatMap((object) =>
    knot.buckets
      .filter(({ wait }) => wait.kind === 'channel' && wait.cases.some((c) => c.channel === object.address))
      .map((bucket) => {
        const peers = peersOf(object, input.graph.releasers.get(object) ?? []);
        const all = knot.buckets.filter((other) => peers.some((peer) => peer.bucket === other.key));
        const others = all.filter((other) => other !== bucket);
        const next = others.length > 0 ? others : all;
        const { file, line } = placeOf(bucket);
        const what = `${goroutinesOf([bucket])} ${agree([bucket], 'sends', 'send')} to ${input.nameOf(object.address)} at ${file}:${line}`;
        const who = goroutinesOf(next).toLowerCase();
        const isSeen = peers.some((peer) => peer.certain && next.some(({ key }) => key === peer.bucket));
        return areSlots
          ? `${what}, of which ${who} ${agree(next, 'has', 'have')} a slot`
          : `${what}, which ${isSeen ? `${who} should be receiving from` : `nobody but ${who} might ever come to receive from`}`;
      }),
  );
  if (areSlots) return ofSlots(knot, steps, input);
  return {
    summary: `${goroutinesOf(knot.buckets)} form a ring in which each waits to send to the next: ${channelsText(knot, input)}${behind(knot.victims)}.`,
    explanation: `${steps.slice(0, 6).join('; ')}. None of them receives before its own send is done.`,
    suggestion:
      'Break the ring: let one of them take what comes while its own send waits (a select over both), drop or spill what does not fit, or put no more into the ring than its channels hold.',
    roles: new Map(
      knot.buckets.map((bucket) => [
        bucket.key,
        `sends to the next in ${bucket.signature.userLocation.function}`,
      ]),
    ),
  };
});

/** The channels are used as locks or limits: each goroutine has sent to one, and receives from it later. */
function haveSlots({ buckets, objects }: Knot, { graph, searches }: RuleInput): boolean {
  const holders = new Set(objects.flatMap((object) => [...(searches.get(object)?.story?.holders ?? [])]));
  const haveRoom = objects.every(({ address }) => (graph.channels.get(address)?.capacity ?? 0) > 0);
  return haveRoom && buckets.every(({ key }) => holders.has(key));
}

function ofSlots(knot: Knot, steps: readonly string[], input: RuleInput) {
  return {
    summary: `${goroutinesOf(knot.buckets)} each have a slot of a channel that another of them waits to send to: ${channelsText(knot, input)}${behind(knot.victims)}.`,
    explanation: `${steps.slice(0, 6).join('; ')}. Each gives back the slot that it has only after that.`,
    suggestion:
      'Take the slots of several channels in one order everywhere, as with locks; or give back the one before the other is asked for.',
    roles: new Map(
      knot.buckets.map(({ key }) => [key, 'has a slot of one channel, waits for one of another'] as const),
    ),
  };
}
