import type { Bucket, ChannelCase, SyncMode, Wait } from './snapshot.js';

/**
 * An object and a way of waiting for it: those who want to send on a channel wait for something else than those who
 * want to receive. There is one value for each: equal ones are the same.
 */
export type WaitObject = ChannelEnd | SyncWaitObject;

/** A channel, and what is to be done to it. */
interface ChannelEnd {
  readonly kind: 'channel';
  readonly address: number;
  readonly mode: ChannelCase['direction'];
}

/** An object of package sync, and what is wanted of it. */
interface SyncWaitObject {
  readonly kind: 'sync';
  readonly address: number;
  readonly mode: SyncMode;
}

const interned = new Map<string, WeakRef<WaitObject>>();
const gone = new FinalizationRegistry((key: string) => {
  if (interned.get(key)?.deref() === undefined) interned.delete(key);
});

export function waitObject(mode: WaitObject['mode'], address: number): WaitObject {
  const key = `${mode} ${address}`;
  const known = interned.get(key)?.deref();
  if (known !== undefined) return known;
  const made: WaitObject =
    mode === 'send' || mode === 'receive'
      ? { kind: 'channel', address, mode }
      : { kind: 'sync', address, mode };
  interned.set(key, new WeakRef(made));
  gone.register(made, key);
  return made;
}

export const isSyncObject = (object: WaitObject): object is SyncWaitObject => object.kind === 'sync';

const objectsOfWaits = new WeakMap<Wait, readonly WaitObject[]>();

/** What goroutines wait for: any one of a select's cases ends its wait. */
export function objectsOf({ wait }: Pick<Bucket, 'wait'>): readonly WaitObject[] {
  const known = objectsOfWaits.get(wait) ?? listed(wait);
  objectsOfWaits.set(wait, known);
  return known;
}

function listed(wait: Wait): readonly WaitObject[] {
  if (wait.kind === 'sync') return [waitObject(wait.mode, wait.address)];
  return wait.kind === 'channel'
    ? wait.cases.map(({ channel, direction }) => waitObject(direction, channel))
    : [];
}

/** Who waits for each object. */
export function bucketsByObject(buckets: readonly Bucket[]): ReadonlyMap<WaitObject, readonly Bucket[]> {
  const waiting = new Map<WaitObject, Bucket[]>();
  for (const bucket of buckets) {
    for (const object of new Set(objectsOf(bucket))) {
      const known = waiting.get(object);
      if (known === undefined) waiting.set(object, [bucket]);
      else known.push(bucket);
    }
  }
  return waiting;
}
