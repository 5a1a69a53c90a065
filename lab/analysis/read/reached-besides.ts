import { findReachedBesides } from '../../goruntime/heap/reach.js';
import type { Snapshot } from '../model/snapshot.js';
import type { AskHeap } from './open-heap.js';

/** Each takes a look through the whole heap. */
const mostLooks = 8;

/** Answers what others than some goroutines lead to, each set of them looked at once. */
export function reachedBesides(ask: AskHeap, signal: AbortSignal): NonNullable<Snapshot['reachedBesides']> {
  const known = new Map<string, Promise<((address: number) => boolean) | undefined>>();
  const look = async (ids: readonly number[]) => {
    const { found } = await ask<((address: number) => boolean) | undefined>(
      'What leads to objects',
      undefined,
      ({ reach, spans, known: byId }) => {
        const goroutines = new Set(ids.flatMap((id) => byId.get(id) ?? []));
        return findReachedBesides(reach, spans, { goroutines, objects: [] }, signal);
      },
    );
    return found;
  };
  return (ids) => {
    const key = [...ids].sort((a, b) => a - b).join(' ');
    const asked = known.get(key) ?? (known.size < mostLooks ? look(ids) : Promise.resolve(undefined));
    known.set(key, asked);
    return asked;
  };
}
