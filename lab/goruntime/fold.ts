import type { BulkMemory } from '../core/memory.js';
import { memoryFor, readingOf } from './fold-batch.js';
import { type CountOther, newPass } from './fold-pass.js';
import { newTables, type Tables } from './fold-tables.js';
import { type LabelCounts, labelsByKind } from './label-log.js';
import type { RuntimeLayout } from './layout.js';
import { type MemberColumns, memberLog } from './members.js';
import type { Folded } from './tally.js';

/** Goroutines with the same status, wait reason, start, `go` statement and frame-pointer stack. */
export interface FoldedStack extends Folded {
  /** Those among them that wait for the very same objects; the largest ones, when they are very many. */
  readonly targets: readonly Folded[];
  /** Goroutines, and distinct targets, that are not among `targets`. */
  readonly rest: { readonly goroutines: number; readonly targets: number };
  /** Absent where none of them has labels. */
  readonly labels?: LabelCounts | undefined;
}

export interface FoldedGoroutines {
  /** Not dead ones. */
  readonly total: number;
  readonly waiting: number;
  /** Most goroutines first. */
  readonly stacks: readonly FoldedStack[];
  /** Every single goroutine, `kinds` being indexes into `stacks`; only where that was asked for. */
  readonly members?: MemberColumns;
  /** Parked goroutines that queue at a channel, counted by their own queue entries. */
  waiters(channel: number): { readonly send: number; readonly receive: number };
}

/**
 * An object that is not recorded in `g.waiting`, by the address of the `g`: a semaphore, a notify list. 0 when
 * there is none. Goroutines with different ones are told apart.
 */
export type OtherTarget = (g: number) => number;

/** Objects of one place that are told apart; a program that waits for more of them has other troubles. */
const mostTargets = 100_000;

/**
 * Reads every goroutine of the core in one pass and folds those that are alike. No object is made for a
 * goroutine: what is read lies in typed arrays.
 * Throws when `runtime.allgs` itself is unreadable.
 */
export function foldGoroutines(
  memory: BulkMemory,
  layout: RuntimeLayout,
  signal: AbortSignal,
  otherTarget: OtherTarget = () => 0,
  members = false,
): FoldedGoroutines {
  const reading = readingOf(memory, layout);
  const source = memoryFor(reading, memory);
  const tables = newTables(members ? memberLog(source, layout) : undefined);
  const { size } = reading;
  const pass = newPass(source, layout, size, tables, cellsOfOthers(tables, otherTarget));
  const { length } = layout.allgs;
  for (let from = 0; from < length; from += size) {
    signal.throwIfAborted();
    pass(from, Math.min(size, length - from));
  }
  return summarize(tables);
}

/** What a goroutine waits for beside channels makes a cell of its own. */
export function cellsOfOthers(
  { cells, cellTally, targets }: Pick<Tables, 'cells' | 'cellTally' | 'targets'>,
  otherTarget: OtherTarget,
): CountOther {
  return (kind, target, index, address) => {
    const other = otherTarget(address);
    const cell = cells.idOf(kind, other === 0 ? target : -1 - targets.idOf(target, -other));
    cellTally.add(cell, index, address);
  };
}

export function summarize(
  { cells, kindTally, cellTally, channels, members, labels, total, waiting }: Tables,
  maxTargets = mostTargets,
): FoldedGoroutines {
  // Cells by their kind, the largest first: typed arrays again, there may be as many as goroutines.
  const order = Uint32Array.from({ length: cells.size }, (_, id) => id).sort(
    (x, y) =>
      cells.first(x) - cells.first(y) ||
      cellTally.countOf(y) - cellTally.countOf(x) ||
      cellTally.firstOf(x) - cellTally.firstOf(y),
  );
  const labelled = labelsByKind(labels.columns());
  const stacks: (FoldedStack & { readonly kind: number })[] = [];
  for (let from = 0; from < order.length; ) {
    const kind = cells.first(order[from] ?? 0);
    let end = from;
    while (end < order.length && cells.first(order[end] ?? 0) === kind) end++;
    const targets = [...order.subarray(from, Math.min(end, from + maxTargets))].map(cellTally.of);
    const whole = kindTally.of(kind);
    const known = targets.reduce((sum, target) => sum + target.count, 0);
    stacks.push({
      ...whole,
      kind,
      targets,
      rest: { goroutines: whole.count - known, targets: end - from - targets.length },
      labels: labelled.get(kind),
    });
    from = end;
  }
  stacks.sort((x, y) => y.count - x.count || (x.examples[0]?.index ?? 0) - (y.examples[0]?.index ?? 0));
  const place = new Uint32Array(stacks.length);
  for (const [i, { kind }] of stacks.entries()) place[kind] = i;
  return {
    ...{ total, waiting, waiters: channels.waiters },
    stacks: stacks.map(({ kind: _, ...stack }) => stack),
    ...(members === undefined ? {} : { members: inPlace(members.columns(), place) }),
  };
}

function inPlace(columns: MemberColumns, place: Uint32Array): MemberColumns {
  for (let i = 0; i < columns.size; i++) columns.kinds[i] = place[columns.kinds[i] as number] as number;
  return columns;
}
