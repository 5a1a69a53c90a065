import type { StepTaken } from '../load/escalate.js';
import type { LoadSample } from '../load/sample.js';
import type { ProcessExit } from '../targets/target.js';
import type { Health, ProbeOutcome } from './health.js';
import type { ProcessStats } from './process-stats.js';

/** What was seen of the server, whatever came out. Times in milliseconds of the Unix epoch. */
export interface Seen {
  readonly watchStartedAt: number;
  /** The load that was on it, `undefined` when somebody else's was. */
  readonly load:
    | {
        readonly driver: string;
        readonly startedAt: number;
        /** The steps that it took, in order. */
        readonly steps: readonly StepTaken[];
        readonly last: LoadSample | undefined;
      }
    | undefined;
  readonly firstByteAt: number | undefined;
  readonly lastByteAt: number | undefined;
  /** The newest probes before the outcome, oldest first. */
  readonly probes: readonly ProbeOutcome[];
  /** The newest looks at the process, oldest first. */
  readonly stats: readonly ProcessStats[];
  /** The reason of the outcome, in words. */
  readonly why: string;
}

export type HangOutcome = Seen &
  (
    | {
        readonly kind: 'hung';
        readonly health: 'hung-idle' | 'hung-busy';
        readonly verdictAt: number;
        /** Probes begun after the load was gone; none got a byte. Empty when nobody stopped a load. */
        readonly afterLoad: readonly ProbeOutcome[];
      }
    /** It answers, and a number of goroutines never comes back from where they stand. */
    | { readonly kind: 'leaked'; readonly at: number; readonly goroutines: number }
    /** It answers, and its work does not go on. */
    | { readonly kind: 'stalled'; readonly at: number }
    | {
        readonly kind: 'no-hang';
        readonly health: Health;
        /**
         * `recovered`: silent under load, and answering again without it: overload, not a hang.
         * `unfinished`: what was to be done to it could not be done to the end; this says little.
         */
        readonly reason: 'plan-ended' | 'recovered' | 'unfinished';
      }
    | { readonly kind: 'crashed'; readonly at: number; readonly exit: ProcessExit }
    | { readonly kind: 'refused'; readonly at: number }
    | { readonly kind: 'paused'; readonly at: number }
  );

/** Whether the fault has happened, in whatever way it shows. */
export function hasFault({ kind }: Pick<HangOutcome, 'kind'>): boolean {
  return kind === 'hung' || kind === 'leaked' || kind === 'stalled';
}

/** Whether the server bore all that was to be done to it. */
export function hasSurvived(outcome: HangOutcome): boolean {
  return outcome.kind === 'no-hang' && outcome.reason !== 'unfinished';
}
