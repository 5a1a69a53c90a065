import { type Bucket, hex, isKnownAddress } from '../model/snapshot.js';
import type { WaitObject } from '../model/wait-object.js';
import type { ReleaserSearch } from './search.js';

const kinds = {
  mutex: 'lock',
  rwmutex: 'read-write lock',
  waitgroup: 'wait group',
  cond: 'condition variable',
} as const;

/** Objects as a person would call them: by what the sources tell, else by kind and address. */
export function objectNames(
  searches: ReadonlyMap<WaitObject, ReleaserSearch>,
  buckets: readonly Bucket[],
): (address: number) => string {
  const names = new Map<number, string>();
  for (const [object, { name }] of searches) {
    const address = object.address;
    if (name !== undefined && !names.has(address)) names.set(address, name);
  }
  for (const { wait } of buckets) {
    if (wait.kind !== 'sync' || names.has(wait.address)) continue;
    names.set(wait.address, described(kinds[wait.objectKind], wait.address));
  }
  return (address) => names.get(address) ?? described('channel', address);
}

/** Whether the sources have told a name, and not only what kind of object it is. */
export const isNamed = (name: string): boolean => !/^a |^[a-z -]+ 0x[0-9a-f]+$/.test(name);

const described = (kind: string, address: number): string =>
  isKnownAddress(address) ? `${kind} ${hex(address)}` : `a ${kind}`;
