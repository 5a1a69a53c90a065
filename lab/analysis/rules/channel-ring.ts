import { peersOf } from '../graph/releaser.js';
import { channelRule, channelsText } from './channel-shape.js';
import { agree, behind, goroutinesOf } from './rule.js';
import { placeOf } from './sync-knot.js';

/** Each goroutine of a ring waits to send to the channel that the next one drains, and all of them are full. */
export const channelRing = channelRule('channel-ring', 'ring', (knot, input) => {
  const steps = knot.objects.flatMap((object) =>
    knot.buckets
      .filter(({ wait }) => wait.kind === 'channel' && wait.cases.some((c) => c.channel === object.address))
      .map((bucket) => {
        const peers = peersOf(object, input.graph.releasers.get(object) ?? []);
        const next = knot.buckets.filter((other) => peers.some((peer) => peer.bucket === other.key));
        const { file, line } = placeOf(bucket);
        return `${goroutinesOf([bucket])} ${agree([bucket], 'sends', 'send')} to ${input.nameOf(object.address)} at ${file}:${line}, which ${goroutinesOf(next).toLowerCase()} should be receiving from`;
      }),
  );
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
