import type { Knot } from '../graph/knots.js';
import type { Leak } from '../releasers/search.js';
import { agree, behind, goroutinesOf, type RuleInput } from './rule.js';
import { bucketReleasers, isLeftWithLeaks, namesOf, ruleFor } from './sync-knot.js';

/**
 * A lock is taken, and nobody is left who took it: its holder returned or panicked without unlocking. Without a place
 * where that could be it is no more than a suspicion: the holder may stand where it was not recognised.
 */
export const leakedLock = ruleFor(
  'leaked-lock',
  'leaked-lock',
  (knot, input) => {
    const name = namesOf(knot.objects, input);
    const verb = agree(knot.buckets, 'waits', 'wait');
    return {
      class: 'resource',
      subtype: 'double-lock',
      ...storyOf(knot, input, `${goroutinesOf(knot.buckets)} ${verb} for ${name}, which is locked`),
      suggestion: 'Unlock with defer, right after the lock was taken, and take it no second time until then.',
      roles: new Map(
        knot.buckets.map((bucket) => [bucket.key, `waits for ${name}, which was never unlocked`]),
      ),
    };
  },
  (knot, input) => leaksOf(knot, input).length > 0,
);

/** Who waits may have it from a function that took it and returned with it, or somebody else has returned with it since. */
function storyOf(knot: Knot, input: RuleInput, who: string) {
  const leaks = leaksText(leaksOf(knot, input));
  const own = knot.objects
    .flatMap((object) => bucketReleasers(object, input).filter((r) => isLeftWithLeaks(object, r, input)))
    .toSorted((a, b) => b.how.frame - a.how.frame)[0];
  if (own === undefined) {
    return {
      summary: `${who}, but no goroutine is left that could unlock it: a holder returned or panicked without unlocking${behind(knot.victims)}.`,
      explanation: `No goroutine is between a Lock and an Unlock of it. ${leaks}`,
    };
  }
  const { how } = own;
  return {
    summary: `${who}, and no other goroutine could unlock it: it has the lock itself, or a holder returned without unlocking${behind(knot.victims)}.`,
    explanation: `Goroutine ${how.goroutine} is in ${how.function}, which at ${how.file}:${how.line} called what locks it in ${how.takenBy} and returns with it. ${leaks}`,
  };
}

const leaksOf = (knot: Knot, { searches }: RuleInput): readonly Leak[] =>
  knot.objects.flatMap((object) => searches.get(object)?.leaks ?? []);

function leaksText(leaks: readonly Leak[]): string {
  if (leaks.length === 0) {
    return 'Every function that locks it unlocks it before it returns, so a panic between the two, recovered further up, is the likely cause.';
  }
  const places = leaks.slice(0, 3).map((leak) => {
    const fn = leak.function === '' ? 'A function literal' : leak.function;
    const how = leak.panics === true ? 'panic' : 'return';
    return `${fn} locks it at line ${leak.lockedAt} and can ${how} at ${leak.file}:${leak.line} without unlocking`;
  });
  return `${places.join('; ')}.`;
}
