import type { CoreMemory } from '../../core/memory.js';
import type { EvaluateGlobal } from '../../goruntime/fields.js';
import type { RawGoroutine } from '../../goruntime/goroutines.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';
import { findCond, type KnownLists } from '../../goruntime/notify-lists.js';
import { readSemaphoreLayout, readSemaphores } from '../../goruntime/semaphores.js';
import { goroutineStatus, scanBit } from '../../goruntime/status.js';
import {
  readCond,
  readMutex,
  readRwMutex,
  readSyncLayout,
  readWaitGroup,
  type SyncLayout,
} from '../../goruntime/sync-objects.js';
import { endOfWait } from '../../goruntime/wait-reasons.js';
import type { Frame } from '../model/frames.js';
import type { Bucket, SyncObject, Wait } from '../model/snapshot.js';
import { syncWaitOf } from './sync-wait.js';

/** What goroutines wait for in package sync, read from memory. */
export interface SyncReader {
  /**
   * Tells goroutines with one stack apart by what they wait for: the semaphore or condition variable of the
   * `g` at that address; 0 when it is nothing of package sync.
   */
  targetOf(g: number): number;
  /** Entries of the runtime's table of semaphores, and the memory of the table. */
  readonly semaphores: {
    readonly sudogs: readonly number[];
    readonly table: { readonly start: number; readonly end: number };
  };
  wait(goroutine: RawGoroutine, frames: readonly Frame[]): Wait | undefined;
  /** What could not be read of the runtime's table of semaphores. */
  readonly limits: readonly string[];
  /** The objects that these goroutines wait for. */
  objects(buckets: readonly Bucket[]): ReadonlyMap<number, SyncObject>;
}

export const maxQueued = 64;

/** `undefined` when the debug information does not describe what is needed: such waits stay unknown. */
export async function openSyncReader(
  evaluate: EvaluateGlobal,
  memory: CoreMemory,
  layout: RuntimeLayout,
  signal: AbortSignal,
): Promise<SyncReader | undefined> {
  const [table, sync] = await Promise.all([
    readSemaphoreLayout(evaluate, layout, signal),
    readSyncLayout(evaluate, layout.allgs.base, signal),
  ]);
  if (table === undefined || sync === undefined) return undefined;
  const semaphores = readSemaphores(memory, layout, table);
  const lists: KnownLists = new Map();
  const conds = new Map<number, number | undefined>();
  const condAt = (address: number) => {
    if (!conds.has(address)) conds.set(address, findCond(memory, layout, sync, address, lists));
    return conds.get(address);
  };
  const condOf = ({ status, waitReason, address }: RawGoroutine) =>
    status === goroutineStatus.waiting && endOfWait(waitReason) === 'cond' ? condAt(address) : undefined;
  const parkedOnCond = (g: number) =>
    endOfWait(layout.waitReasons[memory.u8(g + layout.g.waitReason) ?? 0] ?? '') === 'cond' &&
    ((memory.u32(g + layout.g.status) ?? 0) & ~scanBit) === goroutineStatus.waiting;
  const wordOf = ({ status, address }: RawGoroutine) =>
    status === goroutineStatus.waiting ? semaphores.of.get(address) : undefined;
  const incomplete =
    'The runtime was changing its table of semaphores: a goroutine that waits for a lock or a wait group may be missing in it, and counts as one that may be woken.';
  return {
    limits: semaphores.complete ? [] : [incomplete],
    targetOf: (g) => semaphores.of.get(g) ?? (parkedOnCond(g) ? condAt(g) : undefined) ?? 0,
    semaphores: {
      sudogs: semaphores.sudogs,
      table: { start: table.firstTree, end: table.firstTree + table.stride * table.buckets },
    },
    wait(goroutine, frames) {
      const cond = condOf(goroutine);
      if (cond !== undefined) return { kind: 'sync', objectKind: 'cond', address: cond, mode: 'notify' };
      const word = wordOf(goroutine);
      if (word !== undefined) return syncWaitOf(frames, word, sync);
      return semaphores.complete && isAtSemaphore(goroutine)
        ? { kind: 'live', why: `${goroutine.waitReason}, being woken` }
        : undefined;
    },
    objects(buckets) {
      const out = new Map<number, SyncObject>();
      for (const { wait } of buckets) {
        if (wait.kind !== 'sync' || out.has(wait.address)) continue;
        const state = stateOf(wait, memory, sync);
        if (state === undefined) continue;
        const ids = wordsOf(wait, sync)
          .flatMap((word) => (semaphores.queues.get(word) ?? []).slice(0, maxQueued))
          .map((g) => memory.u64(g + layout.g.goid) ?? 0);
        out.set(wait.address, { address: wait.address, queued: ids.slice(0, maxQueued), state });
      }
      return out;
    },
  };
}

/** Parked at a semaphore; when it is in no queue any more, somebody who runs has taken it out to ready it. */
function isAtSemaphore({ status, waitReason }: RawGoroutine): boolean {
  return status === goroutineStatus.waiting && endOfWait(waitReason) === 'semaphore';
}

type SyncWait = Extract<Wait, { kind: 'sync' }>;

function stateOf(
  { objectKind: kind, address }: SyncWait,
  memory: CoreMemory,
  sync: SyncLayout,
): SyncObject['state'] | undefined {
  switch (kind) {
    case 'mutex': {
      const mutex = readMutex(memory, sync, address);
      return mutex === undefined ? undefined : { kind, mutex };
    }
    case 'rwmutex': {
      const rwmutex = readRwMutex(memory, sync, address);
      return rwmutex === undefined ? undefined : { kind, rwmutex };
    }
    case 'waitgroup': {
      const waitgroup = readWaitGroup(memory, sync, address);
      return waitgroup === undefined ? undefined : { kind, waitgroup };
    }
    case 'cond': {
      const cond = readCond(memory, sync, address);
      return cond === undefined ? undefined : { kind, cond };
    }
  }
}

/** The semaphore words inside an object at which goroutines queue. */
function wordsOf({ objectKind, address }: SyncWait, sync: SyncLayout): number[] {
  const { mutex, rwmutex, waitgroup } = sync;
  switch (objectKind) {
    case 'mutex':
      return [address + mutex.sema];
    case 'rwmutex':
      if (rwmutex === undefined) return [];
      return [rwmutex.writerSem, rwmutex.readerSem, rwmutex.w + mutex.sema].map((offset) => address + offset);
    case 'waitgroup':
      return waitgroup === undefined ? [] : [address + waitgroup.sema];
    case 'cond':
      return [];
  }
}
