import type { Variables } from '../../core/variable-names.js';
import type { DelveUsed } from '../../delve/used.js';
import type { Sources } from '../../source/sources.js';
import type { Diagnosis, Finding } from '../model/diagnosis.js';
import type { Limits } from '../model/limits.js';
import type { Locators } from '../model/locator.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import type { Trust } from '../model/trust.js';
import type { CrossCheck } from './cross-check.js';
import type { NetworkEnds, WantedEnds } from './network-ends.js';
import type { RootFrames } from './root-frames.js';

/**
 * Reads one kind of input, whatever it is; `analyze` does the rest. What an input does not tell is left out of its
 * reading, and counts as unknown: nothing is proved by it, and nobody is acquitted.
 */
export interface Engine extends AsyncDisposable {
  /** Called once. Throws `usage` when the input is damaged, `undecided`, `interrupted`. */
  read(): Promise<Reading | Unread>;
  /** Peak resident memory of the processes that helped, in bytes. */
  peakBytes?(): Promise<number>;
}

/** What an engine read, and what it can be asked further while it is open. */
export interface Reading extends InputFacts {
  readonly kind: 'read';
  readonly snapshot: Snapshot;
  /** What findings that rest on it may be at most. */
  readonly trust: Trust;
  /** What a second opinion on the snapshot comes to; absent where there is none. */
  readonly checked?: CrossCheck | undefined;
  /** Which objects operands mean in frames; absent where no frame tells of any. */
  readonly operands?: Locators | undefined;
  /**
   * For an input that does not tell apart by itself what goroutines wait for: what the sources tell of it. The waits of
   * `snapshot` are a first guess then, for the sources that are needed.
   */
  withSources?(sources: Sources): Promise<Pick<Reading, 'snapshot' | 'operands'>>;
  /** Whether a timer may still run code when every goroutine waits; `undefined` when that is not known. */
  timersPending?(): Promise<boolean | undefined>;
  /** What more is known of a goroutine that a finding turns on: its first one, with variables. Throws when that cannot be read. */
  rootFrames?(bucket: Bucket, elemType: string | undefined): Promise<RootFrames>;
  /** Where the program's variables lie; only where that was asked for, and the input has addresses. */
  readonly variables?: Variables | undefined;
  /** Of goroutines that wait for something outside: since when at least (seconds), and the other end of a connection. */
  waitFacts?(
    goroutines: ReadonlySet<number>,
  ): Promise<ReadonlyMap<number, { readonly seconds?: number; readonly remote?: string }>>;
  /** The connections of goroutines that wait for an answer over HTTP, or work on a request. */
  networkEnds?(wanted: WantedEnds): Promise<NetworkEnds>;
  /** The finding with commands that show its evidence in this input; absent where Delve's do. */
  withChecks?(finding: Finding): Finding;
  /** What was asked since it was read and not answered. */
  unanswered?(): Limits;
}

/** The input says what process it is of, but goroutines cannot be read from it: the verdict is `unknown`. */
export interface Unread extends InputFacts {
  readonly kind: 'unread';
  readonly summary: string;
}

interface InputFacts {
  /** Who read it, as `stats` tells it. */
  readonly engine: Diagnosis['stats']['engine'];
  readonly process: Omit<Diagnosis['process'], 'goroutines'>;
  readonly delve?: DelveUsed | undefined;
  /** An executable whose time of change tells when it was built: newer sources may not be what it was built from. */
  readonly built?: string | undefined;
  /** Path of the program's main module, for the option that finds its sources. */
  readonly mainModule?: string | undefined;
  readonly limits: Limits;
}
