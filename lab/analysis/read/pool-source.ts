import { stackOf } from '../../goruntime/heap/reach.js';
import { wordsOf } from '../../goruntime/pools/holders.js';
import type { PoolHolder } from '../model/pool.js';
import type { Bucket, Signature, Snapshot } from '../model/snapshot.js';
import type { FoundHolder, OpenHeap } from './open-heap.js';

/** Buckets below a function that wait in one way. */
export const waitingIn = (
  { buckets }: Snapshot,
  isIt: (name: string) => boolean,
  kind: Bucket['wait']['kind'] = 'channel',
): readonly Bucket[] =>
  buckets.filter(
    ({ wait, signature: { frames } }) => wait.kind === kind && frames.some((one) => isIt(one.function)),
  );

export const channelsOf = ({ wait }: Pick<Bucket, 'wait'>): readonly number[] =>
  wait.kind === 'channel' ? wait.cases.map(({ channel }) => channel) : [];

export const stackWords = ({ ids: [id = 0] }: Bucket, heap: OpenHeap): readonly number[] =>
  stackWordsOf(id, heap);

export function stackWordsOf(id: number, { reach, known }: OpenHeap): readonly number[] {
  const g = known.get(id);
  return g === undefined ? [] : [...wordsOf(reach, stackOf(reach, g, []))].map(({ word }) => word);
}

export const asHolder = ({ inner: _, ...holder }: FoundHolder): PoolHolder => holder;

export const isBelow = ({ frames }: Signature, isIt: (name: string) => boolean): boolean =>
  frames.some((frame) => isIt(frame.function));
