import type { CountOther } from './fold-pass.js';
import type { Tables } from './fold-tables.js';
import { enlarged, type Interner, type Pairs } from './interner.js';
import type { LabelColumns } from './label-log.js';
import type { MemberColumns } from './members.js';
import { maxExamples, type Tally, type TallyColumns } from './tally.js';

/** What a thread has folded, in arrays that can be given to another one without being copied. */
export interface FoldPart {
  readonly origins: Pairs;
  readonly states: Pairs;
  readonly classes: Pairs;
  readonly chains: Pairs;
  readonly channels: Pairs & { readonly waiters: Uint32Array<ArrayBuffer> };
  readonly targets: Pairs;
  readonly kinds: Pairs & TallyColumns;
  readonly cells: Pairs & TallyColumns;
  readonly others: OtherColumns;
  readonly members?: MemberColumns | undefined;
  readonly labels: LabelColumns;
  readonly total: number;
  readonly waiting: number;
}

/** Goroutines that may wait for something else than channels: who knows for what puts them into cells. */
interface OtherColumns {
  readonly size: number;
  readonly kinds: Uint32Array<ArrayBuffer>;
  readonly targets: Uint32Array<ArrayBuffer>;
  readonly indexes: Uint32Array<ArrayBuffer>;
  readonly addresses: Float64Array<ArrayBuffer>;
}

export interface Others {
  readonly count: CountOther;
  columns(): OtherColumns;
}

export function newOthers(): Others {
  let kinds = new Uint32Array(1024);
  let targets = new Uint32Array(1024);
  let indexes = new Uint32Array(1024);
  let addresses = new Float64Array(1024);
  let size = 0;
  return {
    count(kind, target, index, address) {
      if (size === kinds.length) {
        kinds = enlarged(kinds);
        targets = enlarged(targets);
        indexes = enlarged(indexes);
        addresses = enlarged(addresses);
      }
      kinds[size] = kind;
      targets[size] = target;
      indexes[size] = index;
      addresses[size++] = address;
    },
    columns: () => ({ size, kinds, targets, indexes, addresses }),
  };
}

export function partOf(tables: Tables, others: Others): FoldPart {
  const { origins, states, classes, chains, channels, targets, kinds, cells, total, waiting } = tables;
  const entries = channels.entries.columns();
  return {
    origins: origins.columns(),
    states: states.columns(),
    classes: classes.columns(),
    chains: chains.columns(),
    channels: {
      ...entries,
      waiters: Uint32Array.from({ length: entries.size }, (_, i) => channels.countOf(i)),
    },
    targets: targets.columns(),
    kinds: { ...kinds.columns(), ...tables.kindTally.columns() },
    cells: { ...cells.columns(), ...tables.cellTally.columns() },
    others: others.columns(),
    members: tables.members?.columns(),
    labels: tables.labels.columns(),
    ...{ total, waiting },
  };
}

/** The memory of a part: whoever sends it gives it away. */
export function buffersOf(part: FoldPart): ArrayBuffer[] {
  const columns = Object.values(part).flatMap((table) =>
    typeof table !== 'object' ? [] : Object.values(table),
  );
  return columns.flatMap((column: unknown) =>
    ArrayBuffer.isView(column) && column.buffer instanceof ArrayBuffer ? [column.buffer] : [],
  );
}

/** Adds what another thread has folded: everything is numbered anew, each table by those that it rests on. */
export function absorb(tables: Tables, part: FoldPart, countOther: CountOther): void {
  const origins = renumber(part.origins, (a, b) => tables.origins.idOf(a, b));
  const states = renumber(part.states, (a, b) => tables.states.idOf(origins[a] as number, b));
  const classes = renumber(part.classes, (a, b) => tables.classes.idOf(states[a] as number, b));
  const chains = renumberChains(part.chains, tables.chains, (pc) => pc);
  const { waiters } = part.channels;
  const channels = renumber(part.channels, (a, b, i) => tables.channels.add(a, b, waiters[i] as number));
  // What is no channel is negative, and says itself what it is.
  const targetOf = (b: number) => (b < 0 ? b : (channels[b] as number));
  const targets = renumberChains(part.targets, tables.targets, targetOf);
  const kinds = renumber(part.kinds, (a, b) => tables.kinds.idOf(classes[a] as number, chains[b] as number));
  const cells = renumber(part.cells, (a, b) => tables.cells.idOf(kinds[a] as number, targets[b] as number));
  addTally(tables.kindTally, part.kinds, kinds);
  addTally(tables.cellTally, part.cells, cells);
  const { others } = part;
  for (let i = 0; i < others.size; i++) {
    const kind = kinds[others.kinds[i] as number] as number;
    const target = targets[others.targets[i] as number] as number;
    countOther(kind, target, others.indexes[i] as number, others.addresses[i] as number);
  }
  if (part.members !== undefined) tables.members?.absorb(part.members, kinds);
  tables.labels.absorb(part.labels, kinds);
  tables.total += part.total;
  tables.waiting += part.waiting;
}

function renumber({ size, a, b }: Pairs, idOf: (a: number, b: number, i: number) => number): Uint32Array {
  const ids = new Uint32Array(size);
  for (let i = 0; i < size; i++) ids[i] = idOf(a[i] as number, b[i] as number, i);
  return ids;
}

/** Each pair but the first, which is the empty one, goes on from an earlier one of the same table. */
function renumberChains({ size, a, b }: Pairs, into: Interner, second: (b: number) => number): Uint32Array {
  const ids = new Uint32Array(size);
  for (let i = 1; i < size; i++) {
    ids[i] = into.idOf(ids[a[i] as number] as number, second(b[i] as number));
  }
  return ids;
}

function addTally(tally: Tally, { counts, kept, indexes, addresses }: TallyColumns, ids: Uint32Array): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    const held = kept[i] as number;
    for (let e = i * maxExamples; e < i * maxExamples + held; e++) {
      tally.add(id, indexes[e] as number, addresses[e] as number);
    }
    tally.addMore(id, (counts[i] as number) - held);
  }
}
