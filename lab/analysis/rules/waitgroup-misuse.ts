import type { Knot } from '../graph/knots.js';
import { agree, behind, goroutinesOf, memorySays, type RuleInput } from './rule.js';
import { bucketReleasers, namesOf, ruleFor } from './sync-knot.js';

/** The counter of a wait group is above zero, and nobody is left to bring it down. */
export const waitGroupMisuse = ruleFor('waitgroup-misuse', 'waitgroup', (knot, input, certainty) => {
  const name = namesOf(knot.objects, input);
  const verb = agree(knot.buckets, 'waits', 'wait');
  const left = counterOf(knot, input);
  const missing =
    left === undefined ? 'more calls of Done' : `${left} more ${left === 1 ? 'call' : 'calls'} of Done`;
  const abandoned = knot.objects.every((object) => bucketReleasers(object, input).length === 0);
  return {
    class: 'mixed',
    subtype: 'waitgroup-misuse',
    summary: abandoned
      ? `${goroutinesOf(knot.buckets)} ${verb} for ${name}, which needs ${missing}, and no goroutine is left to make ${left === 1 ? 'it' : 'them'}${behind(knot.victims)}.`
      : `${goroutinesOf(knot.buckets)} ${verb} for ${name}, whose Done only ${agree(knot.buckets, 'that goroutine itself', 'those goroutines themselves')} could call${behind(knot.victims)}.`,
    explanation: abandoned
      ? `${certainty === 'proved' ? memorySays(knot, input) : 'No goroutine is on its way to a Done of it, and no code that can still be called leads to one.'} More was added than is ever taken away.${missedText(knot, input)}`
      : 'Every goroutine that could call Done waits, directly or through a lock, for the group itself.',
    suggestion: abandoned
      ? 'Call Add once for each goroutine, right before its go statement, and defer Done as its first statement.'
      : 'Do not wait for a group from within the work that it counts; with singleflight, do not ask for a key within the function that is called for it.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, `waits for ${name}`])),
  };
});

/** Functions that may return before their `Done`. */
function missedText({ objects }: Knot, { searches }: RuleInput): string {
  const all = objects.flatMap((object) => searches.get(object)?.operations ?? []);
  const missed = all.filter(({ leftBefore }) => leftBefore !== undefined);
  const texts = missed.map(
    (op) =>
      `${op.function} calls Done at ${op.file}:${op.line}, and may return before, at line ${op.leftBefore}`,
  );
  const [first, ...others] = [...new Set(texts)];
  if (first === undefined) return '';
  return ` ${first}${others.length === 0 ? '' : `; so may ${others.length === 1 ? 'one more function' : `${others.length} more`}`}.`;
}

function counterOf(knot: Knot, { graph }: RuleInput): number | undefined {
  const object = graph.syncObjects?.get(knot.objects[0]?.address ?? 0);
  if (object === undefined || object.untold) return undefined;
  return object.state.kind === 'waitgroup' ? object.state.waitgroup.counter : undefined;
}
