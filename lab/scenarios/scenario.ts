import type { DeadlockClass, DeadlockSubtype } from '../analysis/model/diagnosis.js';
import type { Drive, Symptom } from './drive.js';

/** One reproducible fault: a Go program, what triggers it, how it shows, and what must be found. */
export interface Scenario {
  readonly name: string;
  /** Half a sentence: the program, and what is wrong with it. */
  readonly title: string;
  /** What a reader knows afterwards, in a sentence or two. */
  readonly teaches: string;
  readonly class: DeadlockClass;
  readonly subtype: DeadlockSubtype;
  /**
   * Package folder inside `go-server/`. Its repaired twin is the same package with the build tag `fixed`.
   */
  readonly package: string;
  readonly server: {
    /** The port that the story names; any free one when it names none. */
    readonly port?: number;
    readonly pprofPort?: number;
    /** Path that the load and the probes request. A healthy server answers it quickly. */
    readonly path: string;
    /** Flags of the program beside its addresses. */
    readonly flags?: readonly string[];
    /** Of a fleet: its instances call each other, and are told of each other by flags `-sibling=NAME=URL`. */
    readonly siblings?: true;
    /** With the flag `-http2` it speaks HTTP/2 without TLS as well, where Go can. */
    readonly http2?: true;
    /** What must be installed beside it; it starts its own. */
    readonly needs?: readonly ServerNeed[];
  };
  readonly drive: Drive;
  readonly symptom: Symptom;
  readonly expect: Expectation;
  /** This is the article's own story: its claims are compared with what a run saw. */
  readonly article?: true;
}

/** Debian's package of a program that a server starts for itself. */
export type ServerNeed = 'postgresql';

export interface Expectation {
  /**
   * Functions of which one must be where a root cause goroutine waits: its innermost function that is not of
   * the runtime or of package sync.
   */
  readonly functions: readonly string[];
  /** Names of the objects of the root cause, as in `rootCause.resources[].name`. */
  readonly resources: readonly string[];
  readonly victimsAtLeast: number;
  /** `unknown` of a fault that one look can only suspect; otherwise `deadlock`. */
  readonly verdict?: 'unknown';
  /** The rule that must have found it, where one of several is meant. */
  readonly rule?: string;
}
