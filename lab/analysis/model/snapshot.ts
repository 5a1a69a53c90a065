import type { Reached } from '../../goruntime/heap/reach.js';
import type { LabelSet } from '../../goruntime/labels.js';
import type { CondState, MutexState, RwMutexState, WaitGroupState } from '../../goruntime/sync-objects.js';
import type { Location } from './diagnosis.js';
import type { Frame } from './frames.js';
import type { PipePeers, WaitingCommand } from './pipes.js';
import type { Pool } from './pool.js';
import type { Roster } from './roster.js';

/** Goroutines that wait for the same reason with the same stack. */
export interface Signature {
  readonly id: string;
  readonly count: number;
  /** Empty for goroutines that are not waiting. */
  readonly waitReason: string;
  readonly status: GoroutineState;
  readonly system: boolean;
  /** The runtime's own leak detection has found that nothing alive reaches what they wait for. */
  readonly leaked?: true;
  readonly exampleIds: readonly number[];
  /** Those that most of its goroutines have come first; absent where none of them has any. */
  readonly labels?: readonly LabelledCount[];
  readonly frames: readonly Frame[];
  /** Its outer frames, or all of them, could not be read: what the goroutine may do next is not known. */
  readonly partial?: boolean;
  readonly currentLocation: Location;
  readonly userLocation: Location;
  readonly startLocation: Location;
  readonly goStatementLocation: Location;
}

/** Goroutines with the same labels of `runtime/pprof`. */
export interface LabelledCount {
  readonly set: LabelSet;
  readonly count: number;
}

export type GoroutineState = 'runnable' | 'running' | 'syscall' | 'waiting' | 'other';

export interface ChannelCase {
  readonly channel: number;
  readonly direction: 'send' | 'receive';
}

/** What must happen for a goroutine to go on. */
export type Wait =
  /** It runs, or something outside of the program's goroutines can wake it. */
  | { readonly kind: 'live'; readonly why: string }
  /** Any one of the cases ends the wait; a select has several. */
  | { readonly kind: 'channel'; readonly cases: readonly ChannelCase[] }
  /** Nothing can ever end it: `chan send`, `chan receive` or `select` on nil channels only. */
  | { readonly kind: 'nil-channel'; readonly direction: 'send' | 'receive' | 'select' }
  | { readonly kind: 'empty-select' }
  /** On an object of package sync; see `SyncMode`. */
  | {
      readonly kind: 'sync';
      readonly objectKind: SyncKind;
      readonly address: number;
      readonly mode: SyncMode;
    }
  /** Not understood, so taken as live when others depend on it. */
  | { readonly kind: 'unknown'; readonly why: string };

export type SyncKind = 'mutex' | 'rwmutex' | 'waitgroup' | 'cond';

/**
 * What a goroutine wants of the object: `lock` it (queued behind a holder), `drain` it (a writer that has announced
 * itself and waits for the readers to leave), `rlock` it (a reader behind a writer), `wait` for a group's counter to
 * be zero, be `notify`-ed by a condition variable.
 */
export type SyncMode = 'lock' | 'drain' | 'rlock' | 'wait' | 'notify';

/** An object of package sync that somebody waits for, with its state words. */
export interface SyncObject {
  readonly address: number;
  /** Ids of the goroutines in its queues, in queue order; at most `maxQueued`. */
  readonly queued: readonly number[];
  /** A dump does not tell its state; what stands here is what follows from who waits for it. */
  readonly untold?: true;
  readonly state:
    | { readonly kind: 'mutex'; readonly mutex: MutexState }
    | { readonly kind: 'rwmutex'; readonly rwmutex: RwMutexState }
    | { readonly kind: 'waitgroup'; readonly waitgroup: WaitGroupState }
    | { readonly kind: 'cond'; readonly cond: CondState };
}

/** Goroutines of one signature that wait for the very same objects: a node of the wait-for graph. */
export interface Bucket {
  readonly key: string;
  readonly signature: Signature;
  readonly count: number;
  /** The first of them, at most `maxBucketIds`. */
  readonly ids: readonly number[];
  /** Of those of them that have labels, by their ids; absent where none has. */
  readonly labels?: ReadonlyMap<number, LabelSet> | undefined;
  readonly wait: Wait;
  /** Address of the value that the first one is sending; 0 when it sends none. */
  readonly elem: number;
}

export const maxBucketIds = 8;

/** A channel that somebody waits for. */
export interface Channel {
  readonly address: number;
  /** A dump tells neither how full it is nor whether it is closed. */
  readonly untold?: true;
  readonly elemType: string | undefined;
  readonly count: number;
  readonly capacity: number;
  readonly closed: boolean;
  readonly waiters: { readonly send: number; readonly receive: number };
  /** Made by the runtime for a timer or a ticker, or for signals: woken from outside. */
  readonly wokenFromOutside: string | undefined;
  /** It belongs to a timer that is not running. */
  readonly stoppedTimer?: true;
}

/** All that was read out of one core. Memory is bounded by what differs, not by the number of goroutines. */
export interface Snapshot {
  readonly goroutines: {
    readonly total: number;
    readonly user: number;
    readonly system: number;
    /** Waiting, system goroutines included. */
    readonly blocked: number;
  };
  readonly signatures: readonly Signature[];
  readonly buckets: readonly Bucket[];
  readonly channels: ReadonlyMap<number, Channel>;
  /** By address; absent when the program's sync types could not be read. */
  readonly syncObjects?: ReadonlyMap<number, SyncObject> | undefined;
  /** Examples that Delve finds only after looking through very many others: worth it, or not. */
  readonly far?: ReadonlyMap<number, 'worth it' | 'too far'>;
  /** Which goroutines each signature has; only where that was asked for. */
  readonly roster?: Roster | undefined;
  /** What live goroutines can reach; absent when it was not looked at. */
  readonly reached?: Reached | undefined;
  /**
   * What is reached by others than the stacks of some goroutines, by their ids; `undefined` when that cannot be told. Absent
   * where there is no heap to look through.
   */
  readonly reachedBesides?: (ids: readonly number[]) => Promise<((address: number) => boolean) | undefined>;
  /**
   * Of each target that nothing leads to but the stacks of these goroutines, and what waits in these channels: who and
   * which does. Absent where there is no heap to look through.
   */
  readonly leadersTo?: (asked: LeadersAsked) => Promise<ReadonlyMap<number, LeadersTold> | undefined>;
  /** Pools that have no unit left for those who wait. */
  readonly pools?: readonly Pool[];
  /** By the channel that goroutines wait for in a pipe: who might come to the other end; absent when it was not looked at. */
  readonly pipePeers?: ReadonlyMap<number, PipePeers>;
  /** By the key of a bucket that writes to a client of HTTP/2 and can send no more before that reads: who may be the reader. */
  readonly unreadAnswers?: ReadonlyMap<string, string>;
  /** By the key of a bucket that waits to send on a stream whose other end is in this process and does so too: why neither goes on. */
  readonly streamWriters?: ReadonlyMap<string, StreamWriter>;
  /** Goroutines at commands of `os/exec` of which an end is left that nobody can use. */
  readonly waitingCommands?: readonly WaitingCommand[];
}

export interface StreamWriter {
  /** The channel that would tell it of room for more. */
  readonly room: number;
  readonly why: string;
}

export interface LeadersAsked {
  /** Goroutines, by their ids. */
  readonly goroutines: readonly number[];
  /** Addresses of channels. */
  readonly queues: readonly number[];
  /** Addresses of what is waited for. */
  readonly targets: readonly number[];
}

export interface LeadersTold {
  readonly goroutines: ReadonlySet<number>;
  readonly queues: ReadonlySet<number>;
}

/** An address as it is told; `?3` is the third object of which no address is known. */
export function hex(address: number): string {
  if (isKnownAddress(address)) return `0x${address.toString(16)}`;
  const offset = (address - firstMadeUp) % madeUpStep;
  const number = (address - firstMadeUp - offset) / madeUpStep + 1;
  return offset === 0 ? `?${number}` : `?${number}+${offset}`;
}

/** Beyond the addresses of any process: objects that are told apart without one have numbers from here on. */
export const firstMadeUp = 2 ** 51;
/** So many bytes may lie behind the beginning of one of them. */
export const madeUpStep = 2 ** 20;

export const isKnownAddress = (address: number): boolean => address < firstMadeUp;

/** Delve's rule for the user location: the first frame that is not one of the runtime's own functions. */
export function isPrivateRuntime(name: string): boolean {
  return /^runtime\.[^\p{Lu}]/u.test(name);
}

/** The file of what the compiler made, and of what it inlined there: it has no lines that a person could look at. */
export const autogenerated = '<autogenerated>';

/** Where a goroutine is by the sources of its program and its libraries: the innermost frame of them. */
export function userFrame<T extends { readonly function: string; readonly file: string }>(
  frames: readonly T[],
): T | undefined {
  const all = frames.filter((frame) => !isPrivateRuntime(frame.function));
  return all.find(({ file }) => file !== autogenerated) ?? all[0];
}

/**
 * Owned by the runtime, by the function it started in (Delve's `isSystemGoroutine`). The iterator of `iter.Pull` is the
 * program's, and so is a goroutine of the runtime while it runs a finalizer or cleanup of the program.
 */
export function isSystem(start: string, frames: readonly Pick<Location, 'function'>[]): boolean {
  if (start === '') return true;
  if (!start.startsWith('runtime.') || programStarts.has(start)) return false;
  return frames.every(({ function: name }) => name === '' || runtimePackage.test(name));
}

const programStarts: ReadonlySet<string> = new Set([
  'runtime.main',
  'runtime.handleAsyncEvent',
  'runtime.corostart',
]);
const runtimePackage = /^(?:runtime|internal\/runtime|runtime\/internal)[./]/;
