import type { DeadlockClass, DeadlockSubtype } from '../analysis/diagnosis.js';
import type { LoadStep } from '../load/sample.js';

/** One reproducible hang: a Go program, the load that triggers it, and what must be found. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly class: DeadlockClass;
  readonly subtype: DeadlockSubtype;
  /**
   * Package folder inside `go-server/`. Its repaired twin is the same package with the build tag `fixed`.
   */
  readonly package: string;
  readonly server: {
    /** The port that the story names. */
    readonly port: number;
    readonly pprofPort: number;
    /** Path that the load and the probes request. */
    readonly path: string;
  };
  readonly load: {
    /**
     * Tried in order. The next begins when the one before has settled (steady rate, quick answers), and
     * at the latest when it saw no hang for `patienceMs`; the last one keeps on to the end.
     */
    readonly steps: readonly LoadStep[];
    readonly patienceMs: number;
    /** The load as a whole, over all steps: a server that still answers then did not hang. */
    readonly durationMs: number;
  };
  readonly expect: {
    /** Functions of which one must be the user location of a root cause goroutine. */
    readonly functions: readonly string[];
    /** Names of the objects of the root cause, as in `rootCause.resources[].name`. */
    readonly resources: readonly string[];
    readonly victimsAtLeast: number;
  };
}
