import type { CoreMemory } from '../core/memory.js';
import { type EvaluateGlobal, type Offsets, structOf } from './fields.js';

/** Field offsets of package sync's types in this binary; a type that the binary does not have is left out. */
export interface SyncLayout {
  readonly mutex: { readonly state: number; readonly sema: number };
  readonly rwmutex:
    | {
        readonly w: number;
        readonly writerSem: number;
        readonly readerSem: number;
        readonly readerCount: number;
        readonly readerWait: number;
      }
    | undefined;
  readonly waitgroup: { readonly state: number; readonly sema: number } | undefined;
  readonly cond:
    | {
        /** Word of the Locker's data pointer. */
        readonly locker: number;
        /** The notify list inside the Cond, and the words inside the list. */
        readonly list: number;
        readonly wait: number;
        readonly notify: number;
        readonly head: number;
      }
    | undefined;
  /** The mutex inside a `sync.Once`. */
  readonly once: number | undefined;
}

/** State of a `sync.Mutex`: bits 0 to 2, and the count above them (internal/sync/mutex.go). */
export interface MutexState {
  readonly locked: boolean;
  readonly woken: boolean;
  readonly starving: boolean;
  readonly waiters: number;
}

export interface RwMutexState {
  /** The mutex inside: held by the writer that holds the lock or waits for readers to leave. */
  readonly writer: MutexState;
  /** Readers that hold it or wait for it. */
  readonly readers: number;
  /** A writer holds it or has announced itself. */
  readonly writerPending: boolean;
  /** Readers that the pending writer still waits for. */
  readonly readerWait: number;
}

export interface WaitGroupState {
  readonly counter: number;
  readonly waiters: number;
}

export interface CondState {
  readonly address: number;
  /** Tickets given out, and tickets notified. */
  readonly wait: number;
  readonly notify: number;
  /** Address of the lock behind `L`. */
  readonly locker: number;
}

const maxReaders = 2 ** 30;

/** Throws `undecided` when not even a mutex is described. Newer Go wraps the words in structs of one field. */
export async function readSyncLayout(
  evaluate: EvaluateGlobal,
  at: number,
  signal: AbortSignal,
): Promise<SyncLayout | undefined> {
  const offsets = async (type: string): Promise<Offsets> => {
    try {
      return await structOf(type, at, evaluate, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return new Map();
    }
  };
  const [mutex, rw, group, cond, list, once] = await Promise.all([
    offsets('sync.Mutex'),
    offsets('sync.RWMutex'),
    offsets('sync.WaitGroup'),
    offsets('sync.Cond'),
    offsets('sync.notifyList'),
    offsets('sync.Once'),
  ]);
  const state = mutex.get('state') ?? mutex.get('mu.state');
  const sema = mutex.get('sema') ?? mutex.get('mu.sema');
  if (state === undefined || sema === undefined) return undefined;
  return {
    mutex: { state, sema },
    rwmutex: all({
      w: rw.get('w'),
      writerSem: rw.get('writerSem'),
      readerSem: rw.get('readerSem'),
      readerCount: rw.get('readerCount'),
      readerWait: rw.get('readerWait'),
    }),
    waitgroup: all({
      state: group.get('state') ?? group.get('state1'),
      sema: group.get('sema') ?? group.get('state2'),
    }),
    cond: all({
      // An interface value is two words, the second of which points at the lock.
      locker: plus(cond.get('L'), 8),
      list: cond.get('notify'),
      wait: list.get('wait'),
      notify: list.get('notify'),
      head: list.get('head'),
    }),
    once: once.get('m'),
  };
}

const plus = (offset: number | undefined, more: number) => (offset === undefined ? undefined : offset + more);

function all<K extends string>(
  fields: Readonly<Record<K, number | undefined>>,
): Record<K, number> | undefined {
  const known: Partial<Record<K, number>> = {};
  for (const name in fields) {
    const offset = fields[name];
    if (offset === undefined) return undefined;
    known[name] = offset;
  }
  return isWhole(known, fields) ? known : undefined;
}

const isWhole = <K extends string>(
  part: Partial<Record<K, number>>,
  like: object,
): part is Record<K, number> => Object.keys(part).length === Object.keys(like).length;

export function readMutex(memory: CoreMemory, layout: SyncLayout, address: number): MutexState | undefined {
  const word = memory.u32(address + layout.mutex.state);
  if (word === undefined) return undefined;
  return {
    locked: (word & 1) !== 0,
    woken: (word & 2) !== 0,
    starving: (word & 4) !== 0,
    waiters: word >>> 3,
  };
}

export function readRwMutex(
  memory: CoreMemory,
  layout: SyncLayout,
  address: number,
): RwMutexState | undefined {
  const { rwmutex } = layout;
  if (rwmutex === undefined) return undefined;
  const writer = readMutex(memory, layout, address + rwmutex.w);
  const count = memory.u32(address + rwmutex.readerCount);
  const wait = memory.u32(address + rwmutex.readerWait);
  if (writer === undefined || count === undefined || wait === undefined) return undefined;
  const signed = count | 0;
  return {
    writer,
    readers: signed < 0 ? signed + maxReaders : signed,
    writerPending: signed < 0,
    readerWait: wait | 0,
  };
}

/** The low half's top bit is a flag of Go 1.25 and later (`waitGroupBubbleFlag`), no waiter. */
export function readWaitGroup(
  memory: CoreMemory,
  layout: SyncLayout,
  address: number,
): WaitGroupState | undefined {
  if (layout.waitgroup === undefined) return undefined;
  const low = memory.u32(address + layout.waitgroup.state);
  const high = memory.u32(address + layout.waitgroup.state + 4);
  if (low === undefined || high === undefined) return undefined;
  return { counter: high | 0, waiters: low & 0x7fffffff };
}

export function readCond(memory: CoreMemory, layout: SyncLayout, address: number): CondState | undefined {
  if (layout.cond === undefined) return undefined;
  const { list, wait, notify, locker } = layout.cond;
  const given = memory.u32(address + list + wait);
  const notified = memory.u32(address + list + notify);
  const lock = memory.u64(address + locker);
  if (given === undefined || notified === undefined || lock === undefined) return undefined;
  return { address, wait: given, notify: notified, locker: lock };
}
