import { syntacticType } from '../source/bindings.js';
import type { Program } from '../source/program.js';
import { slotOf } from '../source/slots.js';
import { type SyncOperation, syncOperationsOf } from '../source/sync-operations.js';
import { type Activations, functionOfFrame } from './frame-functions.js';
import { packageOf, slotName } from './names.js';
import type { ReleaserSearch } from './releasers.js';
import type { Snapshot } from './snapshot.js';
import type { MatchSync, SyncWait } from './sync-match.js';
import { findSyncReleasers } from './sync-releasers.js';
import { type ObjectKey, syncKey } from './wait-for-graph.js';

/** Objects of package sync that are looked into; about the others nothing is claimed. */
const maxObjects = 2000;

export interface SyncStudy {
  readonly searches: ReadonlyMap<ObjectKey, ReleaserSearch>;
  readonly limits: readonly string[];
}

/** Finds the releasers of every lock, wait group and condition variable that somebody waits for. */
export async function studySync(
  snapshot: Snapshot,
  program: Program,
  activations: Activations,
  match: MatchSync,
): Promise<SyncStudy> {
  const waits = new Map<ObjectKey, SyncWait>();
  for (const { wait } of snapshot.cells) {
    if (wait.kind === 'sync') waits.set(syncKey(wait.address, wait.mode), wait);
  }
  const searches = new Map<ObjectKey, ReleaserSearch>();
  if (waits.size === 0) return { searches, limits: [] };
  const limits =
    waits.size > maxObjects
      ? [
          `${waits.size} locks, wait groups and condition variables are waited for; ${maxObjects} of them were looked into.`,
        ]
      : [];
  const operations = syncOperationsOf(program);
  const unfit = unfitFrame(snapshot, program);
  for (const [object, wait] of [...waits].slice(0, maxObjects)) {
    const nameOf = (known: readonly SyncOperation[]) => nameFrom(known, wait, program);
    searches.set(
      object,
      await findSyncReleasers(wait, { snapshot, program, activations, match, operations, unfit, nameOf }),
    );
  }
  return { searches, limits };
}

/** Made by the compiler: there is no source for them, or one that bears no name. */
const unnamed = /\.(?:func|gowrap|deferwrap)\d+|-fm$/;

/** The sources may have changed since the program was built, or come from a generator that renumbers lines. */
function unfitFrame({ cells }: Snapshot, program: Program): string | undefined {
  const seen = new Set<string>();
  for (const frame of cells.flatMap((cell) => (cell.signature.system ? [] : cell.signature.frames))) {
    const key = `${frame.function} ${frame.file}:${frame.line}`;
    if (seen.has(key) || unnamed.test(frame.function) || program.isLibrary(frame.file)) continue;
    seen.add(key);
    if (program.text(frame.file) === undefined) continue;
    if (functionOfFrame(frame, program) === undefined)
      return `${frame.function} at ${frame.file}:${frame.line}`;
  }
  return undefined;
}

const typeNames = { mutex: 'Mutex', rwmutex: 'RWMutex', waitgroup: 'WaitGroup', cond: 'Cond' } as const;

/** `main.Store.mu`; `main.Cache.RWMutex` where the type embeds it, as Go calls that field. */
function nameFrom(
  operations: readonly SyncOperation[],
  { objectKind }: SyncWait,
  program: Program,
): string | undefined {
  for (const { operand, file } of operations) {
    const type = operand.type === 'identifier' ? syntacticType(operand) : undefined;
    if (type !== undefined && !/^(?:Mutex|RWMutex|WaitGroup|Cond|Locker)$/.test(type)) {
      return `${packageOf(operand)}.${type}.${typeNames[objectKind]}`;
    }
    const slot = slotOf(operand, file);
    const name = slot === undefined ? undefined : slotName(slot, program);
    if (name !== undefined) return name;
  }
  return undefined;
}
