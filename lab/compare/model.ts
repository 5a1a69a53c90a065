import type { Diagnosis, Location, OutlookKind } from '../analysis/model/diagnosis.js';
import type { Roster } from '../analysis/model/roster.js';

/** A process at one moment, as it was diagnosed. */
export interface Look {
  /** Its file or address. */
  readonly name: string;
  readonly kind: 'core' | 'dump';
  /** When it was taken, as far as that is known. */
  readonly time: Date | undefined;
  /** Of a core that tells it. */
  readonly pid?: number | undefined;
  readonly diagnosis: Diagnosis;
  /** Which goroutines each group has; absent where goroutines have no numbers. */
  readonly roster: Roster | undefined;
  /** Only its stacks and waits were looked at, not its sources: a verdict of it says little. */
  readonly isLight?: boolean;
}

/**
 * What several looks at one process come to, or one look each at several, as `lab compare --json` prints it. Looks are in the order of time, where each
 * has one, else as they were given.
 */
export interface Comparison {
  readonly schema: 'lab.compare/1';
  readonly summary: string;
  readonly looks: readonly {
    readonly name: string;
    readonly kind: Look['kind'];
    readonly time: string | null;
    readonly verdict: Diagnosis['verdict'];
    readonly goroutines: Diagnosis['process']['goroutines'];
    readonly isLight?: boolean;
  }[];
  /** Pids where each look is at another process: none of their goroutines is the same, and nothing is still. */
  readonly processes?: readonly number[];
  /** Seconds between the first and the last look; `null` where it is not known. */
  readonly seconds: number | null;
  /** Goroutines of the program with one stack and one wait reason, those that did not move first. */
  readonly groups: readonly ComparedGroup[];
  /** Where to look first: who stood still where nothing was seen to help, most goroutines first. */
  readonly suspects: readonly { readonly group: string; readonly text: string }[];
  /** Goroutines that ran or were ready to run in every look, and where; `null` where that is not known. */
  readonly busy: readonly { readonly place: Location; readonly goroutines: number }[] | null;
  readonly limits: readonly string[];
}

export interface ComparedGroup {
  readonly id: string;
  readonly waitReason: string;
  readonly userLocation: Location;
  /** The innermost frame of the program itself, where there is one. */
  readonly place: Location;
  /** What they wait for, by name where it has one, else by kind and address; `null` where that is not known. */
  readonly object: string | null;
  /** The frames of the program and its libraries. */
  readonly stack: readonly Location[];
  /** By look. */
  readonly counts: readonly number[];
  /** The very same goroutines in every look that are not known to have run between. */
  readonly unmoved: number | null;
  /** Goroutines that spin in the last look, and ran in the same loop in every one before; `null` where none spins. */
  readonly spun: number | null;
  /** In the last look and not in the first, and the other way round. */
  readonly came: number | null;
  readonly went: number | null;
  /** In the last look that has it. */
  readonly outlook: OutlookKind | null;
  readonly outlookReason: string | null;
}
