import { findLeaders } from '../../goruntime/heap/leaders.js';
import type { Snapshot } from '../model/snapshot.js';
import type { AskHeap } from './open-heap.js';

/** Answers what alone leads to objects, in terms of goroutines' ids. */
export function leadersTo(ask: AskHeap, signal: AbortSignal): NonNullable<Snapshot['leadersTo']> {
  return async ({ goroutines, queues, targets }) => {
    const { found } = await ask('What leads to objects', undefined, async ({ needed, spans, known }) => {
      const ids = new Map(goroutines.flatMap((id) => (known.has(id) ? [[known.get(id) ?? 0, id]] : [])));
      const leaders = await findLeaders(
        { ...(await needed()), traced: undefined },
        spans,
        { goroutines: new Set(ids.keys()), queues, targets },
        signal,
      );
      if (leaders === undefined) return undefined;
      return new Map(
        [...leaders].map(([target, one]) => [
          target,
          {
            goroutines: new Set([...one.goroutines].flatMap((g) => ids.get(g) ?? [])),
            queues: one.queues,
          },
        ]),
      );
    });
    return found;
  };
}
