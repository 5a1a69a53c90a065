import { channelRule, poolsIn } from './channel-shape.js';
import { allUnits } from './pool-words.js';
import { agree, behind, goroutinesOf } from './rule.js';

/**
 * A semaphore was taken, and nobody is left who took it. Without a place where a function can leave with it this is no
 * more than a suspicion: its holder may stand where it was not recognised.
 */
export const leakedPermit = channelRule('leaked-permit', 'leaked-permits', (knot, input) => {
  const [pool] = poolsIn(knot, input);
  if (pool === undefined) return undefined;
  const { unit, type, limit, limitedBy } = pool;
  const leaks = [...new Set(knot.objects.flatMap((object) => input.searches.get(object)?.leaks ?? []))];
  const places = leaks.slice(0, 3).map((leak) => {
    const fn = leak.function === '' ? 'a function literal' : leak.function;
    return `${fn} takes one at line ${leak.lockedAt} and can ${leak.panics === true ? 'panic' : 'return'} at ${leak.file}:${leak.line} without Release`;
  });
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
