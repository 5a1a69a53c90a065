import { syntacticType } from '../source/bindings.js';
import type { Program } from '../source/program.js';
import { slotOf } from '../source/slots.js';
import { type SyncOperation, syncOperationsOf } from '../source/sync-operations.js';
import type { Activations } from './frame-functions.js';
import { packageOf, slotName } from './names.js';
import type { ReleaserSearch } from './releasers.js';
import type { Snapshot } from './snapshot.js';
import type { MatchSync, SyncWait } from './sync-match.js';
import { findSyncReleasers } from './sync-releasers.js';
import { type ObjectKey, syncKey } from './wait-for-graph.js';

/** Objects of package sync that are looked into; about the others nothing is claimed. */
const maxObjects = 300;

/** Finds the releasers of every lock, wait group and condition variable that somebody waits for. */
export async function studySync(
  snapshot: Snapshot,
  program: Program,
  activations: Activations,
  match: MatchSync,
): Promise<ReadonlyMap<ObjectKey, ReleaserSearch>> {
  const waits = new Map<ObjectKey, SyncWait>();
  for (const { wait } of snapshot.cells) {
    if (wait.kind === 'sync') waits.set(syncKey(wait.address, wait.mode), wait);
  }
  const searches = new Map<ObjectKey, ReleaserSearch>();
  if (waits.size === 0) return searches;
  const operations = syncOperationsOf(program);
  for (const [object, wait] of [...waits].slice(0, maxObjects)) {
    const nameOf = (known: readonly SyncOperation[]) => nameFrom(known, wait, program);
    searches.set(
      object,
      await findSyncReleasers(wait, { snapshot, program, activations, match, operations, nameOf }),
    );
  }
  return searches;
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
