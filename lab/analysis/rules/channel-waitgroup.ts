import { isSyncObject } from '../model/wait-object.js';
import { agree, behind, goroutinesOf } from './rule.js';
import { namesOf, placeOf, ruleFor } from './sync-knot.js';

/** A goroutine waits for workers that wait for it, on a channel that it would serve after the wait. */
export const channelWaitGroup = ruleFor('channel-waitgroup', 'channel-waitgroup', (knot, input) => {
  const groups = namesOf(knot.objects.filter(isSyncObject), input);
  const channels = namesOf(
    knot.objects.filter((object) => !isSyncObject(object)),
    input,
  );
  const waiters = knot.buckets.filter((bucket) => bucket.wait.kind === 'sync');
  const workers = knot.buckets.filter((bucket) => !waiters.includes(bucket));
  const [worker] = workers;
  const [waiter] = waiters;
  const stuck = worker === undefined ? undefined : placeOf(worker);
  const waits = waiter === undefined ? undefined : placeOf(waiter);
  return {
    class: 'mixed',
    subtype: 'channel-waitgroup',
    summary: `${goroutinesOf(waiters)} ${agree(waiters, 'waits', 'wait')} for ${groups}, but ${goroutinesOf(workers).toLowerCase()}, whose Done ${agree(waiters, 'it needs', 'they need')}, ${agree(workers, 'is', 'are')} blocked on ${channels}${behind(knot.victims)}.`,
    explanation: `The wait is at ${waits?.file}:${waits?.line}; the channel is used at ${stuck?.file}:${stuck?.line}, before Done. What would serve the channel comes only after the wait.`,
    suggestion:
      'Wait in a goroutine of its own that closes the channel afterwards, and drain the channel meanwhile; or give the channel room for every result.',
    roles: new Map([
      ...waiters.map((bucket) => [bucket.key, `waits for ${groups}`] as const),
      ...workers.map((bucket) => [bucket.key, `waits on ${channels} before Done`] as const),
    ]),
  };
});
