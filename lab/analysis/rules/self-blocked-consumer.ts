import type { Knot } from '../wait-for-graph.js';
import {
  behind,
  type Claim,
  channelOf,
  countOf,
  directionOf,
  fillOf,
  goroutinesOf,
  type Rule,
} from './rule.js';

const name = 'self-blocked-consumer';

/**
 * The only goroutines that receive from a channel are blocked sending to that same channel: what would make room
 * is to be done by the one who waits for room.
 */
export const selfBlockedConsumer: Rule = {
  name,
  apply(input) {
    const { graph } = input;
    const claim = (knot: Knot, certainty: Claim['certainty']): Claim[] => {
      const [object, ...others] = knot.objects;
      if (object === undefined || others.length > 0 || directionOf(object) !== 'send') return [];
      const receivers = (graph.releasers.get(object) ?? []).flatMap((r) =>
        r.kind === 'cell' && r.certain && r.how.operation === 'receive' ? [r] : [],
      );
      const own = knot.cells.filter((cell) => receivers.some((r) => r.cell === cell.key));
      if (own.length === 0 || own.length !== knot.cells.length) return [];
      const address = channelOf(object);
      const channel = graph.channels.get(address);
      const what = `${input.nameOf(address)} (${fillOf(channel)})`;
      const many = countOf(own) > 1;
      const only = certainty === 'suspected' ? 'perhaps the only' : 'the only';
      const who = `${goroutinesOf(own)}, ${only} receiver${many ? 's' : ''} of ${what},`;
      const stuck = many ? 'are themselves blocked sending to it' : 'is itself blocked sending to it';
      const how = receivers.find((r) => r.cell === own[0]?.key)?.how;
      const place = own[0]?.signature.userLocation;
      return [
        {
          rule: name,
          class: 'communication',
          subtype: 'channel',
          certainty,
          knot: { ...knot, cells: own },
          summary: `${who} ${stuck}${behind(knot.victims)}.`,
          explanation:
            `It would receive at ${how?.file}:${how?.line} (${how?.expression}), but on its way there it sends ` +
            `to the same channel at ${place?.file}:${place?.line} in ${place?.function}. The channel is full, ` +
            'so the send waits for a receive that only this goroutine could do.' +
            (certainty === 'suspected' ? ' Other code may also receive from it: see the last evidence.' : ''),
          suggestion:
            'Do not send to a channel from the goroutine that drains it: handle the value in place, or send ' +
            'with a select that drops or defers it when the channel is full, or use a second channel.',
          roles: new Map(
            own.map((cell) => [cell.key, `${only.replace('the ', '')} receiver of ${input.nameOf(address)}`]),
          ),
        },
      ];
    };
    return [
      ...input.knots.flatMap((knot) => claim(knot, 'strong')),
      ...input.suspectedKnots.flatMap((knot) => claim(knot, 'suspected')),
    ];
  },
};
