import { functionKey, type GoFunction } from '../source/functions.js';
import { type Held, locksHeldAt } from '../source/held-locks.js';
import { operationsIn, type SyncOperation } from '../source/sync-operations.js';
import { evidence } from './call-routes.js';
import { type Activation, functionOfFrame } from './frame-functions.js';
import type { Leak } from './releasers.js';
import type { Cell, Frame } from './snapshot.js';
import {
  endedBy,
  howOf,
  isBare,
  matchCell,
  type SyncContext,
  type SyncWait,
  waitsHere,
} from './sync-match.js';
import { callerOfSync, isOnce } from './sync-waits.js';
import type { Releaser } from './wait-for-graph.js';

/** Goroutines that stand where their function has taken the lock and not given it back. */
export async function holdersOf(
  wait: SyncWait,
  compatible: (operation: SyncOperation) => boolean,
  context: SyncContext,
  leaks: Leak[],
  /** What a waiting function calls the object in the call in which it waits, by cell. */
  own: ReadonlyMap<string, string>,
  places: readonly SyncOperation[],
): Promise<Releaser[]> {
  const mode = wait.mode === 'drain' ? 'rlock' : 'lock';
  const out: Extract<Releaser, { kind: 'cell' }>[] = [];
  const open: Releaser[] = [];
  const seenFunctions = new Map<string, GoFunction>();
  for (const operation of context.operations) {
    if (operation.kind !== mode || operation.within === undefined) continue;
    seenFunctions.set(functionKey(operation.within), operation.within);
  }
  for (const { within } of places) if (within !== undefined) seenFunctions.set(functionKey(within), within);
  for (const fn of seenFunctions.values()) {
    for (const { line, held } of locksHeldAt(fn, 0).leaks) {
      if (held.operation.kind !== mode || !compatible(held.operation)) continue;
      leaks.push({ function: fn.name, file: fn.file, line, lockedAt: held.operation.line });
    }
    for (const { cell, frame } of activationsOf(fn, context)) {
      if (inCond(cell, frame)) continue;
      const held = [...locksHeldAt(fn, frame.line).held, ...inPassing(cell, fn)];
      for (const { operation, always } of held) {
        if (operation.kind !== mode) continue;
        const again = own.get(cell.key) === operation.expression && waitsHere(cell, frame, wait.address);
        const seen = again
          ? ({ kind: 'same', goroutine: cell.ids[0] ?? 0, kept: true } as const)
          : await matchCell(cell, frame, operation, wait.address, context, own);
        if (seen.kind === 'other') continue;
        // Under a name that has nothing to do with it, only the address itself tells: `other.lock = s.mu`.
        if (!compatible(operation) && seen.kind !== 'same') continue;
        const released = releasedWithin(cell, frame, compatible, context);
        if (released !== undefined) {
          open.push({ kind: 'open', why: `${released} gives it back for a while`, blind: false });
          continue;
        }
        const certain = always && seen.kind === 'same';
        const how = howOf({ ...operation, kind: endedBy[wait.mode] }, cell, frame, seen);
        out.push({ kind: 'cell', cell: cell.key, certain, ...(certain ? { holds: true } : {}), how });
      }
    }
  }
  // A lock has one holder: the one that is certain, or it cannot be told which of several it is.
  const cells = new Set(out.filter((one) => one.certain).map((one) => one.cell));
  const unique = mode === 'rlock' || cells.size <= 1;
  if (mode === 'lock' && cells.size === 1) return [...open, ...out.filter((one) => one.certain)];
  return [...open, ...(unique ? out : out.map(({ holds: _, ...one }) => ({ ...one, certain: false })))];
}

function activationsOf(
  fn: GoFunction,
  { activations, snapshot, program }: SyncContext,
): readonly Activation[] {
  if (!program.isLibrary(fn.file)) return activations.of(fn);
  return snapshot.cells.flatMap((cell) =>
    cell.signature.frames.filter(isOnce).map((frame) => ({ cell, frame })),
  );
}

/** A goroutine that runs may be inside of Lock, just past the point where it got it. */
function inPassing(cell: Cell, fn: GoFunction): readonly Held[] {
  if (cell.signature.status === 'waiting') return [];
  return operationsIn(fn)
    .filter(({ kind }) => kind === 'lock' || kind === 'rlock')
    .map((operation) => ({ operation, always: false }));
}

/** The frame called `Cond.Wait`, which gives the lock of the condition back. */
function inCond(cell: Cell, frame: Frame): boolean {
  const at = cell.signature.frames.indexOf(frame);
  return cell.signature.frames[at - 1]?.function === 'sync.(*Cond).Wait';
}

/** A function called from the frame that unlocks first and locks again later. */
function releasedWithin(
  cell: Cell,
  frame: Frame,
  compatible: (operation: SyncOperation) => boolean,
  { program }: SyncContext,
): string | undefined {
  const { frames } = cell.signature;
  for (const inner of frames.slice(0, frames.indexOf(frame))) {
    if (program.isLibrary(inner.file)) continue;
    const fn = functionOfFrame(inner, program);
    const unlocks =
      fn === undefined ? [] : operationsIn(fn).filter((o) => /unlock/.test(o.kind) && compatible(o));
    if (unlocks.some((operation) => isBare(operation) && !operation.deferred)) return inner.function;
  }
  return undefined;
}

/** A writer that waits for readers has the inner lock, and whoever comes after it waits for it. */
export function pendingWriters(wait: SyncWait, waiting: readonly Cell[]): Releaser[] {
  return waiting
    .filter((cell) => cell.wait.kind === 'sync' && cell.wait.mode === 'drain')
    .flatMap((cell) => {
      const frame = callerOfSync(cell.signature.frames);
      if (frame === undefined) return [];
      const at = { kind: endedBy[wait.mode], expression: '', file: frame.file, line: frame.line } as const;
      return [
        {
          kind: 'cell',
          cell: cell.key,
          certain: true,
          holds: true,
          how: evidence(at, cell, frame, 0),
        } as const,
      ];
    });
}
