import type { Program } from '../source/program.js';
import { operationsIn, type SyncOperation, type SyncOperationKind } from '../source/sync-operations.js';
import { evidence } from './call-routes.js';
import { hasOwnFrames } from './channel-class.js';
import type { Activations } from './frame-functions.js';
import type { Cell, Frame, Snapshot, SyncMode, Wait } from './snapshot.js';
import { callerOfSync } from './sync-waits.js';
import type { ReleaseEvidence } from './wait-for-graph.js';

export type SyncWait = Extract<Wait, { kind: 'sync' }>;

/**
 * Whether an expression means, in a frame, the object at `address`. `kept`: the expression could not be read, but
 * the frame's memory holds a pointer to that object. `other`: it was seen to be another one.
 */
export type MatchSync = (query: {
  readonly goroutine: number;
  readonly frame: Frame;
  /** The frame that this one called; `undefined` for the innermost. */
  readonly called: Frame | undefined;
  readonly operation: SyncOperation;
  readonly address: number;
}) => Promise<'same' | 'kept' | 'other' | 'unreadable'>;

export interface SyncContext {
  readonly snapshot: Snapshot;
  readonly program: Program;
  readonly activations: Activations;
  readonly match: MatchSync;
  /** Every operation of the program's own sources. */
  readonly operations: readonly SyncOperation[];
  /** A frame of the program that no function of its sources fits: who holds what cannot be told. */
  readonly unfit: string | undefined;
  /** From operations on one object, the surest first. */
  nameOf(operations: readonly SyncOperation[]): string | undefined;
}

/** The calls in which a goroutine waits, and those that end the wait. */
export const waitsIn: Readonly<Record<SyncMode, SyncOperationKind>> = {
  lock: 'lock',
  drain: 'lock',
  rlock: 'rlock',
  wait: 'wait',
  notify: 'wait',
};
export const endedBy: Readonly<Record<SyncMode, 'unlock' | 'runlock' | 'done' | 'signal'>> = {
  lock: 'unlock',
  drain: 'runlock',
  rlock: 'unlock',
  wait: 'done',
  notify: 'signal',
};

export const waitsHere = (cell: Cell, frame: Frame, address: number) =>
  cell.wait.kind === 'sync' && cell.wait.address === address && callerOfSync(cell.signature.frames) === frame;

/** The nearest frame inside that has memory of its own: inlined calls share their caller's. */
export function calledBy(cell: Cell, frame: Frame): Frame | undefined {
  const { frames } = cell.signature;
  return frames
    .slice(0, frames.indexOf(frame))
    .findLast((inner) => (inner.offset ?? 0) < (frame.offset ?? 0));
}

/** An unlock of what its function has not locked before: it ends another function's hold. */
export function isBare(operation: SyncOperation): boolean {
  const { within, deferred, node, expression, kind } = operation;
  if (within === undefined) return true;
  const wanted = kind === 'runlock' ? 'rlock' : 'lock';
  return !operationsIn(within).some(
    (other) =>
      other.kind === wanted &&
      other.expression === expression &&
      (deferred || other.node.startIndex < node.startIndex),
  );
}

type Seen = {
  readonly kind: 'same' | 'other' | 'unreadable';
  readonly goroutine: number;
  readonly kept?: true;
};

export async function matchCell(
  cell: Cell,
  frame: Frame,
  operation: SyncOperation,
  address: number,
  { match }: SyncContext,
  own?: ReadonlyMap<string, string>,
): Promise<Seen> {
  let unsure = cell.count > cell.ids.length || hasOwnFrames(cell);
  const called = calledBy(cell, frame);
  for (const goroutine of cell.ids) {
    const seen = await match({ goroutine, frame, called, operation, address });
    // Where it waits for the object, under another name, the frame has a pointer to it for that.
    const meant =
      seen === 'same' || (seen === 'kept' && !(own?.has(cell.key) && waitsHere(cell, frame, address)));
    if (meant) return { kind: 'same', goroutine, ...(seen === 'kept' ? { kept: true } : {}) };
    if (seen !== 'other') unsure = true;
  }
  return { kind: unsure ? 'unreadable' : 'other', goroutine: cell.ids[0] ?? 0 };
}

export function howOf(
  operation: Parameters<typeof evidence>[0],
  cell: Cell,
  frame: Frame,
  seen: Seen,
): ReleaseEvidence {
  const how = evidence(operation, cell, frame, seen.goroutine);
  return seen.kept ? { ...how, kept: true } : how;
}
