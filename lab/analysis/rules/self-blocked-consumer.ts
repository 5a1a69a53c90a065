import type { Knot } from '../graph/knots.js';
import { channelRule, receiversIn, requestsIn } from './channel-shape.js';
import { behind, fillOf, goroutinesOf } from './rule.js';

/**
 * The only goroutine that receives from a channel is blocked sending to that same channel: what would make room
 * is to be done by the one who waits for room.
 */
export const selfBlockedConsumer = channelRule(
  'self-blocked-consumer',
  'self-blocked',
  (knot, input, certainty) => {
    const [object] = knot.objects;
    const [own] = knot.buckets;
    if (object === undefined) return undefined;
    const { address } = object;
    const name = input.nameOf(address);
    const request = requestsIn(knot, input);
    if (request !== undefined) return ofAnswer(knot, name, request);
    const only = certainty === 'suspected' ? 'perhaps the only' : 'the only';
    const how = receiversIn(object, input, true).find((r) => r.bucket === own?.key)?.how;
    const place = own?.signature.userLocation;
    const isUnbuffered = input.graph.channels.get(address)?.capacity === 0;
    return {
      summary: `${goroutinesOf(knot.buckets)}, ${only} receiver of ${name} (${fillOf(input.graph.channels.get(address))}), is itself blocked sending to it${behind(knot.victims)}.`,
      explanation:
        `It should be receiving at ${how?.file}:${how?.line} (${how?.expression}), but is stuck sending ` +
        `to the same channel at ${place?.file}:${place?.line} in ${place?.function}. The channel is ${isUnbuffered ? 'unbuffered' : 'full'}, ` +
        'so the send waits for a receive that only this goroutine could do.' +
        (certainty === 'suspected' ? ' Other code may also receive from it: see the last evidence.' : ''),
      suggestion:
        'Do not send to a channel from the goroutine that drains it: handle the value in place, or send ' +
        'with a select that drops or defers it when the channel is full, or use a second channel.',
      roles: new Map(
        knot.buckets.map((bucket) => [bucket.key, `${only.replace('the ', '')} receiver of ${name}`]),
      ),
    };
  },
);

/** It has sent itself a request, which waits in the channel that only it receives from, and waits for the answer. */
function ofAnswer(knot: Knot, name: string, { how, queues }: NonNullable<ReturnType<typeof requestsIn>>) {
  const place = knot.buckets[0]?.signature.userLocation;
  return {
    summary: `${goroutinesOf(knot.buckets)}, the only receiver of ${queues}, waits on ${name} for the answer to a request that waits in ${queues} itself${behind(knot.victims)}.`,
    explanation:
      `It should be receiving at ${how.file}:${how.line} (${how.expression}), but is stuck waiting for the answer ` +
      `at ${place?.file}:${place?.line} in ${place?.function}. Nothing in memory leads to ${name} but this goroutine and ` +
      'the request in the buffer, so that nobody else can answer it.',
    suggestion:
      'Do not wait for an answer in the goroutine that serves the requests, nor in a callback that it runs: do that part in ' +
      'place, or send the request from another goroutine and return.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, `only receiver of ${queues}`])),
  };
}
