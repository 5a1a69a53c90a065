import type { BulkMemory } from '../../core/memory.js';
import type { RuntimeLayout } from '../layout.js';
import type { HeapLayout } from './layout.js';
import type { Marker } from './marker.js';
import type { HeapSpans } from './spans.js';

/** From where something that is alive leads to an object. */
export type Root =
  /** A word of the program's variables; the object itself lies there where it is `itself`. */
  | { readonly kind: 'variable'; readonly address: number; readonly itself: boolean }
  /**
   * The stack of a goroutine. It runs, or something outside can wake it, unless it waits for an object that is reached
   * in turn: by `waitsFor`.
   */
  | { readonly kind: 'goroutine'; readonly id: number; readonly waitsFor?: Root }
  /** A finalizer, a cleanup, a weak pointer or a pin. */
  | { readonly kind: 'attached' }
  /** A register or the own stack of a thread: the runtime's code, or C. */
  | { readonly kind: 'thread' };

interface Traced {
  readonly memory: BulkMemory;
  readonly runtime: RuntimeLayout;
  readonly heap: HeapLayout;
  readonly spans: HeapSpans;
  /** One that noted what led to each object. */
  readonly marker: Pick<Marker, 'cameFrom' | 'isMarked' | 'isSkipped'>;
  /** By goroutine that waits and counts as alive, the object for which it does. */
  readonly wokenBy: ReadonlyMap<number, number>;
  /** Addresses of every `g`. */
  readonly all: Float64Array;
}

/** Goes from an object back to where marking began; `undefined` for an object that was not reached. */
export function rootFinder({ memory, runtime: { g }, heap, spans, marker, wokenBy, all }: Traced) {
  return (address: number): Root | undefined => rootOf(address);

  function rootOf(address: number): Root | undefined {
    let at = address;
    for (let itself = true; ; itself = false) {
      const object = spans.objectAt(at);
      if (object < 0) return outside(at, itself);
      if (marker.isSkipped(object)) return goroutineAt(spans.startOf(object, spans.lastSpan()));
      // Objects that something is attached to are looked into without being marked.
      if (!marker.isMarked(object)) return itself ? undefined : { kind: 'attached' };
      at = marker.cameFrom(object);
      if (at === 0) return { kind: 'thread' };
    }
  }

  function outside(at: number, itself: boolean): Root {
    if (heap.globals.some(({ start, end }) => at >= start && at < end))
      return { kind: 'variable', address: at, itself };
    const owner = all.find(
      (one) => at >= (memory.u64(one + g.stackLo) ?? 0) && at < (memory.u64(one + g.stackHi) ?? 0),
    );
    if (owner !== undefined) return goroutineAt(owner);
    return itself ? { kind: 'variable', address: at, itself } : { kind: 'thread' };
  }

  function goroutineAt(address: number): Root {
    const target = wokenBy.get(address);
    const id = memory.u64(address + g.goid) ?? 0;
    const by = target === undefined ? undefined : rootOf(target);
    return { kind: 'goroutine', id, ...(by === undefined ? {} : { waitsFor: by }) };
  }
}
