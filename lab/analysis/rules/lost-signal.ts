import type { Knot } from '../graph/knots.js';
import type { Bucket } from '../model/snapshot.js';
import { isSyncObject } from '../model/wait-object.js';
import type { OperationPlace } from '../releasers/search.js';
import { agree, behind, goroutinesOf, listed, memorySays, type RuleInput } from './rule.js';
import { bucketReleasers, namesOf, placeOf, ruleFor } from './sync-knot.js';

/** Goroutines wait for a condition variable that nobody can signal any more. */
export const lostSignal = ruleFor('lost-signal', 'cond', (knot, input, certainty) => {
  const name = namesOf(knot.objects.filter(isSyncObject), input);
  // Whoever waits on a channel for what comes after the signal hangs as well.
  const onChannels = knot.starved.filter(({ wait }) => wait.kind === 'channel');
  const mixed = knot.objects.some((object) => !isSyncObject(object)) || onChannels.length > 0;
  const verb = agree(knot.buckets, 'waits', 'wait');
  const abandoned = knot.objects.every((object) => bucketReleasers(object, input).length === 0);
  const wrong = abandoned ? undefined : wokenWrong(knot, input);
  return {
    class: 'communication',
    subtype: mixed ? 'channel-condvar' : 'condvar',
    summary: `${goroutinesOf(knot.buckets)} ${verb} for a signal on ${name}, and ${abandoned ? 'nobody is left to signal it' : 'every goroutine that could signal it is blocked too'}${behind(knot.victims)}.`,
    explanation: abandoned
      ? `${certainty === 'proved' ? memorySays(knot, input) : 'No goroutine is on its way to a Signal or Broadcast of it, and no code that can still be called leads to one.'} The signal came before the wait, or never.`
      : `${bySelf(knot, input) ? 'Only they themselves could signal it, each once its own wait is over.' : 'Every goroutine that could signal waits for another one of this set.'}${wrong ?? ''}`,
    suggestion:
      wrong === undefined
        ? 'Change the condition and signal under the lock, and check the condition in a loop before each Wait.'
        : 'Call Broadcast where goroutines with different needs wait for one condition variable, or give each need a condition variable of its own.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, `waits for a signal on ${name}`])),
  };
});

/** Whoever could signal waits for the signal. */
const bySelf = ({ buckets, objects }: Knot, input: RuleInput) => {
  const waiting = new Set(
    buckets.flatMap(({ key, wait }) => (wait.kind === 'sync' && wait.mode === 'notify' ? [key] : [])),
  );
  return objects.every((object) => bucketReleasers(object, input).every((r) => waiting.has(r.bucket)));
};

/**
 * A signal wakes one goroutine, whichever waits longest: where those that wait at different lines need different things, it
 * may be one that has no use for it and waits again.
 */
function wokenWrong({ buckets, objects }: Knot, { searches }: RuleInput): string | undefined {
  const signals = objects.flatMap((object) => searches.get(object)?.operations ?? []);
  const waits = new Set(
    buckets.filter(({ wait }) => wait.kind === 'sync' && wait.mode === 'notify').map(lineOf),
  );
  if (objects.length !== 1 || waits.size < 2 || !signals.some(({ one }) => one === true)) return undefined;
  const where = [...new Set(signals.filter(({ one }) => one === true).map(lineOf))];
  return ` They wait at ${listed([...waits].sort())}, and Signal, at ${listed(where)}, wakes one of them alone: where they need different things, it may be one that cannot go on yet and waits again, while the one that could sleeps on.`;
}

const lineOf = (one: Bucket | OperationPlace) => {
  const { file, line } = 'signature' in one ? placeOf(one) : one;
  return `${file}:${line}`;
};
