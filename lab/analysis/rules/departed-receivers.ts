import type { Knot } from '../graph/knots.js';
import { shortName } from '../model/own-frame.js';
import { type Bucket, hex } from '../model/snapshot.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';
import type { ChannelHistory } from '../releasers/search.js';
import type { RuleInput } from './rule.js';
import { bucketReleasers, isLock } from './sync-knot.js';

type Departure = ChannelHistory['departures'][number];

/** Who received from a channel, has left that line for good, and waits for a lock that the sender holds meanwhile. */
export interface DepartedReceiver {
  readonly bucket: Bucket;
  readonly lock: WaitObject;
}

export function departedReceivers(
  { buckets, objects, victims }: Knot,
  input: RuleInput,
): readonly DepartedReceiver[] {
  const left = objects.flatMap((object) => input.searches.get(object)?.story?.departures ?? []);
  const senders = new Set(buckets.map(({ key }) => key));
  return victims.flatMap((bucket) => {
    const lock = objectsOf(bucket).find(
      (object) =>
        isLock(object) && bucketReleasers(object, input).some((r) => r.holds && senders.has(r.bucket)),
    );
    const isOne = left.some((departure) => frameIn(departure, bucket) !== undefined);
    return isOne && lock !== undefined ? [{ bucket, lock }] : [];
  });
}

/** The frame of those goroutines in the function that they received in, where they have not returned from it. */
export const frameIn = ({ function: fn, file: of, onStack }: Departure, { signature }: Bucket) =>
  onStack
    ? signature.frames.find(({ function: name, file }) => shortName(name) === fn && file === of)
    : undefined;

/** The knot with those who left, and the locks that keep them: each once. */
export function withReceivers(knot: Knot, departed: readonly DepartedReceiver[]): Knot {
  const late = new Set(departed.map(({ bucket }) => bucket));
  const locks = new Map(departed.map(({ lock }) => [`${lock.mode} ${hex(lock.address)}`, lock]));
  return {
    ...knot,
    buckets: [...knot.buckets, ...late],
    objects: [...knot.objects, ...locks.values()],
    victims: knot.victims.filter((bucket) => !late.has(bucket)),
  };
}
