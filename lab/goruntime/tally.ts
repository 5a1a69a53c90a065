import { enlarged } from './interner.js';

export const maxExamples = 8;

/** Goroutines that are alike, told apart by their place in `runtime.allgs`, in that order. */
export interface Folded {
  readonly count: number;
  /** Place in `runtime.allgs` and address of the `g` of the first ones, at most `maxExamples`. */
  readonly examples: readonly { readonly index: number; readonly address: number }[];
}

/** By numbers; of examples `maxExamples` places for each. */
export interface TallyColumns {
  readonly counts: Uint32Array<ArrayBuffer>;
  readonly kept: Uint32Array<ArrayBuffer>;
  readonly indexes: Uint32Array<ArrayBuffer>;
  readonly addresses: Float64Array<ArrayBuffer>;
}

/** Numbers of goroutines, with the first few of each. */
export interface Tally {
  /** Goroutines may come in any order. */
  add(id: number, index: number, address: number): void;
  /** Goroutines that are only counted. */
  addMore(id: number, count: number): void;
  /** The arrays themselves, to be given away. */
  columns(): TallyColumns;
  countOf(id: number): number;
  firstOf(id: number): number;
  of(id: number): Folded;
}

export function tally(): Tally {
  let counts = new Uint32Array(64);
  let indexes = new Uint32Array(64 * maxExamples);
  let addresses = new Float64Array(64 * maxExamples);
  let kept = new Uint32Array(64);
  const reserve = (id: number) => {
    while (id >= counts.length) {
      counts = enlarged(counts);
      kept = enlarged(kept);
      indexes = enlarged(indexes);
      addresses = enlarged(addresses);
    }
  };
  return {
    add(id, index, address) {
      reserve(id);
      counts[id] = (counts[id] as number) + 1;
      const held = kept[id] as number;
      const first = id * maxExamples;
      let at = first + held;
      if (held === maxExamples) {
        at -= 1;
        // Nearly always: they come in order.
        if ((indexes[at] as number) < index) return;
      } else kept[id] = held + 1;
      for (; at > first && (indexes[at - 1] as number) > index; at--) {
        indexes[at] = indexes[at - 1] as number;
        addresses[at] = addresses[at - 1] as number;
      }
      indexes[at] = index;
      addresses[at] = address;
    },
    addMore(id, count) {
      reserve(id);
      counts[id] = (counts[id] as number) + count;
    },
    columns: () => ({ counts, kept, indexes, addresses }),
    countOf: (id) => counts[id] ?? 0,
    firstOf: (id) => indexes[id * maxExamples] ?? 0,
    of(id) {
      const count = counts[id] ?? 0;
      const examples = Array.from({ length: kept[id] ?? 0 }, (_, i) => ({
        index: indexes[id * maxExamples + i] ?? 0,
        address: addresses[id * maxExamples + i] ?? 0,
      }));
      return { count, examples };
    },
  };
}
