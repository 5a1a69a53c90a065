import type { Bucket, Channel, SyncObject } from '../../model/snapshot.js';

export function channelsOf(
  buckets: readonly Bucket[],
  elems: ReadonlyMap<number, { readonly elem: string | undefined; readonly drain: boolean }>,
): ReadonlyMap<number, Channel> {
  const out = new Map<number, { channel: Channel; send: number; receive: number }>();
  for (const { wait, count } of buckets) {
    for (const { channel: address, direction } of wait.kind === 'channel' ? wait.cases : []) {
      const known = out.get(address) ?? {
        channel: channelAt(address, elems.get(address)?.elem, elems.get(address)?.drain === true),
        send: 0,
        receive: 0,
      };
      known[direction] += count;
      out.set(address, known);
    }
  }
  return new Map(
    [...out].map(([address, { channel, send, receive }]) => [
      address,
      { ...channel, waiters: { send, receive } },
    ]),
  );
}

const channelAt = (address: number, elemType: string | undefined, isStopped: boolean): Channel => ({
  ...(isStopped ? { stoppedTimer: true } : {}),
  ...{ address, elemType, untold: true, count: 0, capacity: 0, closed: false },
  ...{ waiters: { send: 0, receive: 0 }, wokenFromOutside: undefined },
});

/** Of the objects nothing is printed but who waits for them: somebody has what is waited for. */
export function syncObjectsOf(buckets: readonly Bucket[]): ReadonlyMap<number, SyncObject> {
  const out = new Map<number, SyncObject>();
  const modes = new Map<number, Set<string>>();
  for (const { wait } of buckets) {
    if (wait.kind !== 'sync') continue;
    modes.set(wait.address, (modes.get(wait.address) ?? new Set()).add(wait.mode));
  }
  for (const { wait } of buckets) {
    if (wait.kind !== 'sync' || out.has(wait.address)) continue;
    const own = modes.get(wait.address) ?? new Set();
    const locked = { locked: true, woken: false, starving: false, waiters: 0 };
    const state = {
      mutex: { kind: 'mutex', mutex: locked },
      rwmutex: {
        kind: 'rwmutex',
        rwmutex: {
          writer: { ...locked, locked: own.has('lock') || own.has('drain') || own.has('rlock') },
          readers: 0,
          writerPending: true,
          readerWait: own.has('drain') ? 1 : 0,
        },
      },
      // As many as there are to call Done.
      waitgroup: { kind: 'waitgroup', waitgroup: { counter: Number.POSITIVE_INFINITY, waiters: 0 } },
      cond: { kind: 'cond', cond: { address: wait.address, wait: 0, notify: 0, locker: 0 } },
    } as const;
    out.set(wait.address, {
      ...{ address: wait.address, queued: [], untold: true },
      state: state[wait.objectKind],
    });
  }
  return out;
}
