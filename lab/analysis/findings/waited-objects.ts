import { numbered } from '../model/counts.js';
import type { Diagnosis, WaitedObject } from '../model/diagnosis.js';
import { type Bucket, hex, type Snapshot } from '../model/snapshot.js';
import { isNamed } from '../releasers/names.js';
import { syncStateText } from './sync-evidence.js';

/** Objects that are listed; the others are only counted. */
const maxListed = 200;

interface Waiting {
  count: number;
  readonly groups: Set<string>;
}

/**
 * Everything that goroutines of the program wait for, with its state, most waiters first. Where no finding tells
 * the story, somebody may read it out of this.
 */
export function waitedObjects(
  snapshot: Snapshot,
  nameOf: (address: number) => string,
): NonNullable<Diagnosis['objects']> {
  const waiting = new Map<number, Waiting>();
  for (const bucket of snapshot.buckets.filter(({ signature }) => !signature.system)) {
    for (const address of new Set(addressesOf(bucket))) {
      const known = waiting.get(address) ?? { count: 0, groups: new Set() };
      known.count += bucket.count;
      known.groups.add(bucket.signature.id);
      waiting.set(address, known);
    }
  }
  return [...waiting]
    .sort(([a, x], [b, y]) => y.count - x.count || a - b)
    .slice(0, maxListed)
    .flatMap(([address, { count, groups }], i) => {
      const object = describe(`O${i + 1}`, address, snapshot, nameOf);
      return object === undefined ? [] : [{ ...object, waiting: count, groups: [...groups] }];
    });
}

function addressesOf({ wait }: Bucket): readonly number[] {
  if (wait.kind === 'channel') return wait.cases.map(({ channel }) => channel);
  return wait.kind === 'sync' ? [wait.address] : [];
}

function describe(
  id: string,
  address: number,
  { channels, syncObjects }: Snapshot,
  nameOf: (address: number) => string,
): Omit<WaitedObject, 'waiting' | 'groups'> | undefined {
  const channel = channels.get(address);
  if (channel !== undefined) {
    const { elemType, count, capacity, closed, waiters, wokenFromOutside, untold } = channel;
    const fill = capacity === 0 ? 'unbuffered' : `${count} of ${capacity} values`;
    const state = [
      ...(untold ? [] : [fill]),
      ...(closed ? ['closed'] : []),
      `${numbered(waiters.send, 'waits', 'wait')} to send, ${waiters.receive} to receive`,
      ...(wokenFromOutside === undefined ? [] : [wokenFromOutside]),
    ].join('; ');
    return {
      ...{ id, kind: 'channel', address: hex(address), name: nameOf(address), state },
      ...(elemType === undefined ? {} : { elemType }),
      ...(untold ? {} : { len: count, cap: capacity, closed }),
      waiters: { send: waiters.send, recv: waiters.receive },
    };
  }
  const sync = syncObjects?.get(address);
  if (sync === undefined) return undefined;
  const kind = sync.state.kind;
  const told = nameOf(address);
  // Where the sources have no name for it, its kind says as much as its kind with the address.
  const name = isNamed(told) ? told : kind;
  return { id, kind, address: hex(address), name, state: syncStateText(sync, kind) };
}
