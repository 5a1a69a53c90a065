import type { Knot } from '../graph/knots.js';
import { isSyncObject } from '../model/wait-object.js';
import { agree, behind, goroutinesOf, type RuleInput } from './rule.js';
import { namesOf, placeOf, ruleFor } from './sync-knot.js';

const drainMeanwhile =
  'Wait in a goroutine of its own that closes the channel afterwards, and drain the channel meanwhile; or give the channel room for every result.';
const askAndReturn =
  'Do not wait for the end of the work from within it: ask for the end and return, or wait in a goroutine that the group does not count.';

/** The workers wait for channels that are closed, or contexts that are cancelled, once the work is over: nothing is sent there. */
const isEndAwaited = ({ objects }: Knot, { searches }: RuleInput) =>
  objects
    .filter((object) => !isSyncObject(object))
    .every((object) => {
      const search = searches.get(object);
      const isEnd = search?.contexts !== undefined || search?.operations.some(({ kind }) => kind === 'close');
      return object.mode === 'receive' && isEnd === true && (search?.story?.sends ?? []).length === 0;
    });

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
    suggestion: isEndAwaited(knot, input) ? askAndReturn : drainMeanwhile,
    roles: new Map([
      ...waiters.map((bucket) => [bucket.key, `waits for ${groups}`] as const),
      ...workers.map((bucket) => [bucket.key, `waits on ${channels} before Done`] as const),
    ]),
  };
});
