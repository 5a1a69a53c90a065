import { stillAhead } from '../source/functions.js';
import { lineOf } from '../source/parser.js';
import type { Program } from '../source/program.js';
import { compatibleWith } from '../source/sync-names.js';
import { handedOut, lastName, type SyncOperation } from '../source/sync-operations.js';
import { byCalls } from './call-routes.js';
import { type Activation, functionOfFrame } from './frame-functions.js';
import { waitsBehindOthers } from './passed-first.js';
import type { Leak, ReleaserSearch } from './releasers.js';
import type { Cell, SyncMode, SyncObject } from './snapshot.js';
import { groupReleasers } from './sync-group.js';
import { holdersOf, pendingWriters } from './sync-holders.js';
import { endedBy, howOf, isBare, matchCell, type SyncContext, type SyncWait } from './sync-match.js';
import { onceOf, waitingPlace } from './sync-places.js';
import type { Releaser } from './wait-for-graph.js';

const maxPlaces = 8;

/** Finds everyone who could end the wait of those who want `wait.mode` of the object. */
export async function findSyncReleasers(wait: SyncWait, context: SyncContext): Promise<ReleaserSearch> {
  const { snapshot, program } = context;
  const releasers: Releaser[] = [];
  const open = (why: string, blind = false) => releasers.push({ kind: 'open', why, blind });
  const waiting = snapshot.cells.filter(
    ({ wait: other }) => other.kind === 'sync' && other.address === wait.address,
  );
  const places: SyncOperation[] = [];
  const own = new Map<string, string>();
  for (const cell of waiting.slice(0, maxPlaces)) {
    const found = await waitingPlace(cell, wait.address, context);
    if ('why' in found) open(found.why, found.blind);
    else places.push(...found);
    if (!('why' in found) && found.length === 1) own.set(cell.key, found[0]?.expression ?? '');
  }
  const compatible = compatibleWith(places.map(({ operand }) => operand));
  const name = context.nameOf([
    ...waiting.flatMap((cell) => onceOf(cell, program)),
    ...places,
    ...context.operations.filter(compatible),
  ]);
  if (places.length === 0 && releasers.length === 0)
    open('those who wait were woken and take their lock again');
  if (places.length === 0) return { releasers, places: [], flow: undefined, operations: [], name };

  const object = snapshot.syncObjects?.get(wait.address);
  if (object === undefined) open('its state could not be read', true);
  else if (isFree(object, wait.mode)) open('it is free, and about to be given to the next one');
  for (const cell of snapshot.cells) {
    if (cell.signature.system) continue;
    if (cell.signature.frames.length === 0)
      open(`the stack of goroutine ${cell.ids[0]} could not be read`, true);
    else if (isAboutToBegin(cell, program)) open(`goroutine ${cell.ids[0]} has yet to begin`);
  }
  if (context.unfit !== undefined) open(`the sources do not fit ${context.unfit}`, true);
  for (const path of [...program.missing].filter((file) => !program.isLibrary(file)).slice(0, 1)) {
    open(`the source of ${path} was not found`, true);
  }

  const names = new Set(places.flatMap(({ operand }) => lastName(operand) ?? []));
  for (const { file, node } of handedOut(program, names)) {
    const at = node.childForFieldName('operand');
    if (at !== null && !compatible({ operand: at })) continue;
    open(`${node.text} is passed on at ${file}:${lineOf(node)}`);
  }
  const needed = endedBy[wait.mode];
  const operations = context.operations.filter((o) => o.kind === needed && compatible(o));
  const leaks: Leak[] = [];
  if (needed === 'unlock' || needed === 'runlock') {
    const holders = await holdersOf(wait, compatible, context, leaks, own, places);
    releasers.push(...holders);
    if (wait.objectKind === 'rwmutex' && wait.mode !== 'drain')
      releasers.push(...pendingWriters(wait, waiting));
    for (const operation of operations.filter(isBare)) {
      releasers.push(...(await reachable(operation, wait.address, context)));
    }
  } else if (wait.mode === 'wait') {
    const isOpen = releasers.some(({ kind }) => kind === 'open');
    releasers.push(...(await groupReleasers(operations, wait.address, object, isOpen, context)));
  } else {
    for (const operation of operations)
      releasers.push(...(await reachable(operation, wait.address, context)));
  }
  return { releasers, places: [], flow: undefined, operations, name, leaks };
}

/** A new goroutine that has not run stands in the wrapper of its `go` statement, or at its entry. */
function isAboutToBegin({ signature }: Cell, program: Program): boolean {
  if (signature.status === 'waiting') return false;
  const frame = signature.frames[0];
  if (frame === undefined || program.isLibrary(frame.file)) return false;
  return functionOfFrame(frame, program) === undefined;
}

/** Nobody needs to do anything for the wait to end: the goroutine is on its way. */
function isFree({ state }: SyncObject, mode: SyncMode): boolean {
  switch (state.kind) {
    case 'mutex':
      return !state.mutex.locked;
    case 'rwmutex':
      if (mode === 'lock') return !state.rwmutex.writer.locked;
      return mode === 'rlock' ? !state.rwmutex.writerPending : state.rwmutex.readerWait <= 0;
    case 'waitgroup':
      return state.waitgroup.counter <= 0;
    case 'cond':
      return false;
  }
}

/** Goroutines that stand before the operation, and code that leads to it. */
async function reachable(
  operation: SyncOperation,
  address: number,
  context: SyncContext,
): Promise<Releaser[]> {
  const { within } = operation;
  const kind = endedByKind(operation);
  if (within === undefined || kind === undefined) return [];
  const out: Releaser[] = [];
  const ahead = ({ frame }: Activation) => stillAhead(within, operation.node, frame.line);
  for (const { cell, frame } of context.activations.of(within).filter(ahead)) {
    const seen = await matchCell(cell, frame, operation, address, context);
    if (seen.kind === 'other') continue;
    const how = howOf({ ...operation, kind }, cell, frame, seen);
    out.push({ kind: 'cell', cell: cell.key, certain: seen.kind === 'same', how });
  }
  if (waitsBehindOthers(operation, operation.operand, out, context)) return out;
  const called = { ...operation, kind, channel: operation.operand };
  out.push(...byCalls(called, { copied: new Set() }, context));
  return out;
}

const endedByKind = ({ kind }: SyncOperation) =>
  kind === 'unlock' || kind === 'runlock' || kind === 'done' || kind === 'signal' ? kind : undefined;
