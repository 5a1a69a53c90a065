import { isSyncObject } from '../model/wait-object.js';
import { agree, behind, goroutinesOf, memorySays } from './rule.js';
import { bucketReleasers, namesOf, ruleFor } from './sync-knot.js';

/** Goroutines wait for a condition variable that nobody can signal any more. */
export const lostSignal = ruleFor('lost-signal', 'cond', (knot, input, certainty) => {
  const name = namesOf(knot.objects.filter(isSyncObject), input);
  // Whoever waits on a channel for what comes after the signal hangs as well.
  const onChannels = knot.starved.filter(({ wait }) => wait.kind === 'channel');
  const mixed = knot.objects.some((object) => !isSyncObject(object)) || onChannels.length > 0;
  const verb = agree(knot.buckets, 'waits', 'wait');
  const abandoned = knot.objects.every((object) => bucketReleasers(object, input).length === 0);
  return {
    class: 'communication',
    subtype: mixed ? 'channel-condvar' : 'condvar',
    summary: `${goroutinesOf(knot.buckets)} ${verb} for a signal on ${name}, and ${abandoned ? 'nobody is left to signal it' : 'every goroutine that could signal it is blocked too'}${behind(knot.victims)}.`,
    explanation: abandoned
      ? `${certainty === 'proved' ? memorySays(knot, input) : 'No goroutine is on its way to a Signal or Broadcast of it, and no code that can still be called leads to one.'} The signal came before the wait, or never.`
      : 'Every goroutine that could signal waits for another one of this set.',
    suggestion:
      'Change the condition and signal under the lock, and check the condition in a loop before each Wait.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, `waits for a signal on ${name}`])),
  };
});
