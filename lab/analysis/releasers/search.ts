import type { Departure } from '../../source/facts.js';
import type { Releaser } from '../graph/releaser.js';
import type { Pool } from '../model/pool.js';

/** An operation of the program's sources. */
export interface OperationPlace {
  readonly kind: string;
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly expression: string;
  /** It stands in a module that the program depends on, or in Go's library. */
  readonly foreign?: boolean | undefined;
  /** Of all who wait for a condition it wakes one, whichever that is. */
  readonly one?: boolean | undefined;
  /** The line of a return that stands before it in its function: on that way it is not done. */
  readonly leftBefore?: number | undefined;
}

/** A function that keeps a lock when it returns, or panics. */
export interface Leak {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly lockedAt: number;
  /** There it panics, and who recovers does not unlock. */
  readonly panics?: boolean | undefined;
}

/** A context that goroutines wait for the end of, as its maker knows it. */
export interface ContextOrigin {
  /** `main.serve.ctx`. */
  readonly name: string;
  readonly function: string;
  readonly file: string;
  readonly line: number;
  /** Its cancel function was thrown away where it was made. */
  readonly discarded: boolean;
  /** Where its cancel function is called. */
  readonly cancels: readonly { readonly file: string; readonly line: number }[];
}

/** What the sources tell of a channel's life, for the words of a finding; nothing that certainty rests on. */
export interface ChannelHistory {
  readonly sends: readonly OperationPlace[];
  readonly closes: readonly OperationPlace[];
  /** How those who received from it may have left. */
  readonly departures: readonly Departure[];
  /** Buckets with a frame that has sent and has yet to receive: holders of a slot of a semaphore. */
  readonly holders: ReadonlySet<string>;
}

/** What was found out about one object and one way of waiting for it. */
export interface ReleaserSearch {
  readonly releasers: readonly Releaser[];
  /** The operations of the program that would end the wait. */
  readonly operations: readonly OperationPlace[];
  /** As a person would call it; absent where the sources do not tell, or several places could be meant. */
  readonly name?: string | undefined;
  /** Places where a function returns with the lock. */
  readonly leaks?: readonly Leak[] | undefined;
  readonly story?: ChannelHistory | undefined;
  /** Where such an object is made. */
  readonly made?:
    | readonly {
        readonly function: string;
        readonly file: string;
        readonly line: number;
        /** In a module that the program depends on, or in Go's library. */
        readonly foreign?: boolean | undefined;
      }[]
    | undefined;
  /** Where the object comes from was lost: what is told of it may be of others of its type. */
  readonly lostFromSight?: true;
  /** Set when the channel is the `Done` of these contexts, and of no others. */
  readonly contexts?: readonly ContextOrigin[] | undefined;
  /** Set where nothing leads to the object but these goroutines' stacks, and what waits in these channels. */
  readonly leaders?: {
    readonly goroutines: readonly number[];
    readonly queues: readonly { readonly address: number; readonly name: string | undefined }[];
    /** Whoever may come by the sources, whatever leads to the object. */
    readonly bySources: readonly Releaser[];
  };
  /** Set when what is waited for is a unit of this pool. */
  readonly pool?: Pool | undefined;
}
