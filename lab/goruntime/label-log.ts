import { enlarged } from './interner.js';

/** Goroutines that have labels, in columns: their stack, and where the labels lie. */
export interface LabelColumns {
  readonly size: number;
  /** Number of its stack among those that are alike. */
  readonly kinds: Uint32Array<ArrayBuffer>;
  /** `g.labels`. Goroutines that inherited their labels have the same address. */
  readonly addresses: Float64Array<ArrayBuffer>;
}

/** Keeps who has labels; 12 bytes for each of them, none for the others. */
export interface LabelLog {
  add(kind: number, address: number): void;
  /** Adds what another thread has kept, its stacks numbered anew. */
  absorb(columns: LabelColumns, kinds: Uint32Array): void;
  columns(): LabelColumns;
}

export function labelLog(): LabelLog {
  let kinds = new Uint32Array(64);
  let addresses = new Float64Array(64);
  let size = 0;
  const reserve = (wanted: number): void => {
    while (wanted > kinds.length) {
      kinds = enlarged(kinds);
      addresses = enlarged(addresses);
    }
  };
  return {
    add(kind, address) {
      reserve(size + 1);
      kinds[size] = kind;
      addresses[size++] = address;
    },
    absorb(more, renumbered) {
      reserve(size + more.size);
      for (let i = 0; i < more.size; i++) kinds[size + i] = renumbered[more.kinds[i] as number] as number;
      addresses.set(more.addresses.subarray(0, more.size), size);
      size += more.size;
    },
    columns: () => ({ size, kinds, addresses }),
  };
}

/** By the number of a stack: how many of its goroutines have which labels. */
export function labelsByKind({ size, kinds, addresses }: LabelColumns): ReadonlyMap<number, LabelCounts> {
  const counts = new Map<number, Map<number, number>>();
  for (let i = 0; i < size; i++) {
    const kind = kinds[i] as number;
    const address = addresses[i] as number;
    const own = counts.get(kind) ?? new Map<number, number>();
    own.set(address, (own.get(address) ?? 0) + 1);
    counts.set(kind, own);
  }
  return counts;
}

/** Goroutines by the address of their labels. */
export type LabelCounts = ReadonlyMap<number, number>;
