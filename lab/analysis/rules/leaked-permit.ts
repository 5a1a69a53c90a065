import type { Knot } from '../graph/knots.js';
import type { Leak } from '../releasers/search.js';
import { channelRule, channelsText, poolsIn, verbFor } from './channel-shape.js';
import { allUnits } from './pool-words.js';
import { agree, behind, goroutinesOf, type Rule, type RuleInput } from './rule.js';

const name = 'leaked-permit';

/** A semaphore was taken, and nobody is left who took it: one of `x/sync`, or a channel with a buffer. */
export const leakedPermit: Rule = {
  name,
  apply: (input) => [...ofSemaphores.apply(input), ...ofChannels.apply(input)],
};

/**
 * A semaphore was taken, and nobody is left who took it. Without a place where a function can leave with it this is no
 * more than a suspicion: its holder may stand where it was not recognised.
 */
const ofSemaphores = channelRule(name, 'leaked-permits', (knot, input) => {
  const [pool] = poolsIn(knot, input);
  if (pool === undefined) return undefined;
  const { unit, type, limit, limitedBy } = pool;
  const leaks = leaksOf(knot, input);
  const places = leaks
    .slice(0, maxPlaces)
    .map(
      (leak) =>
        `${functionOf(leak)} takes one at line ${leak.lockedAt} and can ${leak.panics === true ? 'panic' : 'return'} at ${leak.file}:${leak.line} without Release`,
    );
  const how =
    places.length === 0
      ? 'Every function that takes one gives it back before it returns, so a panic between the two, recovered further up, is the likely cause.'
      : `${places.join('; ')}.`;
  return {
    ...(leaks.length === 0 ? { certainty: 'suspected' as const } : {}),
    summary: `${goroutinesOf(knot.buckets)} ${agree(knot.buckets, 'waits', 'wait')} for a ${unit} of ${type}; ${allUnits(pool).replace(/^[A-Z]/, (c) => c.toLowerCase())} ${limit === 1 ? 'was' : 'were'} taken and never given back${behind(knot.victims)}.`,
    explanation: `No goroutine is between Acquire and Release of it. ${how.replace(/^[a-z]/, (c) => (how.startsWith('a function') ? c.toUpperCase() : c))} The limit is ${limit} (${limitedBy}).`,
    suggestion: `Give the ${unit} back with defer, right after it was taken.`,
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, `waits for a ${unit} that nobody gives back`])),
  };
});

/**
 * Each value in the buffer stands for one who has gone on; whoever should have taken it out again has returned. Or the
 * buffer is filled with tokens at first, and each that is missing stands for one.
 */
const ofChannels = channelRule(name, 'leaked-slots', (knot, input) => {
  const words = knot.objects[0]?.mode === 'send' ? slots : tokens;
  const places = leaksOf(knot, input)
    .slice(0, maxPlaces)
    .map(
      (leak) =>
        `${functionOf(leak)} ${words.takes} it at line ${leak.lockedAt} and can return at ${leak.file}:${leak.line} without the ${words.back} that gives the ${words.unit} back`,
    );
  return {
    summary: `${goroutinesOf(knot.buckets)} ${verbFor(knot, 'waits', 'wait')} to ${words.to} ${channelsText(knot, input)}, whose ${words.unit}s were taken and never given back${behind(knot.victims)}.`,
    explanation: `${places.join('; ').replace(/^[a-z](?= function)/, (c) => c.toUpperCase())}. No goroutine is on its way to a ${words.way} it.`,
    suggestion: `Give the ${words.unit} back with defer, right after it was taken.`,
    roles: new Map(knot.buckets.map(({ key }) => [key, `waits for a ${words.unit} that nobody gives back`])),
  };
});

const slots = {
  ...{ unit: 'slot', takes: 'sends to', to: 'send to', back: 'receive', way: 'receive from' },
} as const;

const tokens = {
  ...{ unit: 'token', takes: 'receives one from', to: 'receive from', back: 'send', way: 'send to' },
} as const;

/** With more places than these it is not told where. */
const maxPlaces = 3;

const leaksOf = ({ objects }: Knot, { searches }: RuleInput): readonly Leak[] => [
  ...new Set(objects.flatMap((object) => searches.get(object)?.leaks ?? [])),
];

const functionOf = (leak: Leak) => (leak.function === '' ? 'a function literal' : leak.function);
