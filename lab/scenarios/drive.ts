import type { LoadPlan } from '../load/plan.js';
import type { Protocol } from '../stampede/facts.js';

/** How a program is brought to its fault. */
export type Drive =
  /** Load that escalates, for faults that need a crowd. */
  | ({ readonly kind: 'load' } & LoadPlan)
  /** Requests in a certain order, for faults that need an interleaving. */
  | RequestDrive
  /** Load until it hangs, then clients that give up and come again until so many handlers are stuck. */
  | {
      readonly kind: 'stampede';
      readonly load: LoadPlan;
      /** Handlers that shall be stuck; a run may ask for another number. */
      readonly size: number;
      readonly protocol: Protocol;
      /** Clients that are there at the same time. */
      readonly clients: Readonly<Record<Protocol, number>>;
      /** How long a client waits before it goes. Milliseconds. */
      readonly patienceMs: number;
    }
  /** Nothing from outside: the program works by itself once it is ready. */
  | {
      readonly kind: 'self';
      /**
       * How often it must be seen to have gone on to count as healthy. The faulty program comes to its fault
       * well before.
       */
      readonly rounds: number;
      /** The longest that either may take. */
      readonly withinMs: number;
    };

export interface RequestDrive {
  readonly kind: 'requests';
  readonly steps: readonly Step[];
  /**
   * How often the schedule is played at most. The faulty program shows its symptom in one of them, the
   * repaired twin lives through all.
   */
  readonly rounds: number;
  /** The longest that a step may take until its condition holds. */
  readonly withinMs: number;
}

/** One act of the clients. The next begins when the condition `until` holds. */
export type Step =
  /** One request, or several at once, each on a connection of its own. */
  | {
      readonly kind: 'request';
      /** By which later steps know it. */
      readonly id?: string;
      readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
      readonly path: string;
      /** Parts of the body. The first goes with the request, each other one by a step `send-more`. */
      readonly body?: readonly string[];
      /** Default 1. */
      readonly count?: number;
      readonly until: Condition;
    }
  /** Sends the next part of the body of an earlier request; the last part ends it. */
  | { readonly kind: 'send-more'; readonly of: string; readonly until: Condition }
  /** The clients of an earlier request close their connections. */
  | { readonly kind: 'hang-up'; readonly of: string; readonly until: Condition };

export type Condition =
  /** Every request of the step has its whole answer, of any status below 500. */
  | { readonly kind: 'answered' }
  /** Every request of the round has, but those of clients that hung up. */
  | { readonly kind: 'all-answered' }
  /** The head of the answer and the first bytes of its body have come; the rest may follow for ever. */
  | { readonly kind: 'streaming' }
  /** What was to be sent is with the kernel. Whether the server has read it is not known. */
  | { readonly kind: 'sent' }
  /**
   * So many goroutines (default 1) are parked somewhere below this function, as
   * `/debug/pprof/goroutine?debug=2` shows it: waiting for a lock, a channel, the network.
   */
  | { readonly kind: 'parked'; readonly in: string; readonly goroutines?: number }
  /** No goroutine stands in this function any more. */
  | { readonly kind: 'left'; readonly function: string };

/** By what the lab recognises that the fault has happened. */
export type Symptom =
  /** The probed path does not answer, and the process does nothing. */
  | { readonly kind: 'unanswered' }
  /**
   * The service answers, but at least so many goroutines stand in a function, and for `forMs` their number
   * does not fall.
   */
  | {
      readonly kind: 'stuck-goroutines';
      readonly in: string;
      readonly atLeast: number;
      readonly forMs: number;
    }
  /** The text at this path, which tells how far the work has come, stays the same for `forMs`. */
  | { readonly kind: 'no-progress'; readonly path: string; readonly forMs: number };
