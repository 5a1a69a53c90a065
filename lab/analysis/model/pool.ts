import type { Frame } from './frames.js';

/** A pool of few units, all of which are in use, as memory shows it: who waits for one, and who can give one back. */
export interface Pool {
  /** Of resources memory shows who has what; of a semaphore it shows who waits, and the sources who has a permit. */
  readonly kind: 'resources' | 'semaphore';
  /** As it or its type is called: `sql.DB`. */
  readonly type: string;
  /** As a debugger takes it: `database/sql.DB`. */
  readonly goType: string;
  /** Address of the pool's own object. */
  readonly address: number;
  /** What there are few of: `connection`. */
  readonly unit: string;
  /** What sets the limit: `SetMaxOpenConns`. */
  readonly limitedBy: string;
  readonly limit: number;
  /** Units that exist. */
  readonly open: number;
  /** What those who wait for a unit wait for: channels, of which each has its own, or a condition variable. */
  readonly waiting: ReadonlySet<number>;
  /** How many goroutines wait, where several wait for one channel. */
  readonly asking?: number;
  /** Channels by which those who wait would be told to give up, and that nobody has to tell them by. */
  readonly silent?: ReadonlySet<number>;
  /** Those that are in use, as far as they were found. */
  readonly units: readonly PoolUnit[];
}

export interface PoolUnit {
  readonly address: number;
  /** What it is held by, and the call that gives it back; absent where nothing is left that could. */
  readonly handle?: PoolHandle | undefined;
  readonly holders: readonly PoolHolder[];
  /** Something else that is alive leads to it. */
  readonly elsewhere: boolean;
  /** What else may end it, whoever holds it: the other side of a connection. */
  readonly endedBy?: string;
}

export interface PoolHandle {
  /** `sql.Rows` */
  readonly type: string;
  /** `Close` */
  readonly givenBackBy: string;
}

/** A goroutine with a pointer to something on its stack. */
export interface StackHolder {
  /** Key of its bucket. */
  readonly bucket: string;
  readonly goroutine: number;
  /** The outermost frame of the program that keeps it. */
  readonly frame: Frame;
  /** Calls inlined into that one: it may be any of them that does. */
  readonly inlined?: readonly Frame[];
}

export interface PoolHolder extends StackHolder {
  /** Where that function took it, as its text tells. */
  readonly takenAt?: Pick<Frame, 'file' | 'line'> | undefined;
}
