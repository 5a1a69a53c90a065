import type { LoadSample, LoadStep } from './sample.js';

export interface LoadPlan {
  readonly steps: readonly LoadStep[];
  /** The longest that a step which is not the last may last. Milliseconds. */
  readonly patienceMs: number;
  /** The whole load. Milliseconds. */
  readonly durationMs: number;
}

/** What is known when the plan is asked. Times in milliseconds. */
export interface PlanEvidence {
  /** Since the first step began. */
  readonly elapsedMs: number;
  readonly stepIndex: number;
  /** Since this step began. */
  readonly stepElapsedMs: number;
  /** The samples of this step, oldest first. */
  readonly samples: readonly LoadSample[];
  /** How long nobody, load or probe, has got a byte. */
  readonly silentMs: number;
  /** The slowest of the newest probes; `undefined` when one of them got no answer, or there is none yet. */
  readonly slowestProbeMs: number | undefined;
}

export type PlanMove =
  | { readonly kind: 'stay' }
  | { readonly kind: 'push'; readonly stepIndex: number; readonly step: LoadStep; readonly why: string }
  | { readonly kind: 'end'; readonly why: string };

/** A step settles no sooner than this: it connects, warms up, and works at its rate for two whole seconds. */
const settleMs = 2_500;
/** A server whose fresh connections are answered this quickly has no queue to speak of. */
const quickMs = 250;
/** A rate counts as steady when its two halves differ by no more than this share. */
const steadyShare = 0.25;
/** Silence longer than this may be the beginning of a hang: it is not disturbed by another step. */
const suspectMs = 200;
/** The newest response is that fresh when the newest sample is taken, unless something has just stopped. */
const freshMs = 75;
/** A silence at the end of the plan gets this long to become a verdict. */
const undecidedMs = 10_000;

/**
 * What the load does next. A step is given up early once it has shown all that it can: the rate has
 * settled and the server keeps answering quickly, so more of the same fills no queue.
 */
export function nextMove(plan: LoadPlan, seen: PlanEvidence): PlanMove {
  if (seen.elapsedMs >= plan.durationMs + undecidedMs) {
    return { kind: 'end', why: `undecided after ${seconds(seen.elapsedMs)} of load` };
  }
  if (seen.silentMs >= suspectMs) return { kind: 'stay' };
  if (seen.elapsedMs >= plan.durationMs) {
    return { kind: 'end', why: `the server still answers after ${seconds(seen.elapsedMs)} of load` };
  }
  const stepIndex = seen.stepIndex + 1;
  const step = plan.steps[stepIndex];
  if (step === undefined) return { kind: 'stay' };
  if (seen.stepElapsedMs >= plan.patienceMs) {
    return { kind: 'push', stepIndex, step, why: `no hang within ${seconds(plan.patienceMs)}` };
  }
  const rate = steadyRate(seen.samples);
  if (seen.stepElapsedMs < settleMs || rate === undefined) return { kind: 'stay' };
  if (!isFresh(seen.samples.at(-1))) return { kind: 'stay' };
  if (seen.slowestProbeMs === undefined || seen.slowestProbeMs > quickMs) return { kind: 'stay' };
  const why = `settled at ${rate} requests/s, and a fresh connection is answered within ${Math.ceil(seen.slowestProbeMs)} ms`;
  return { kind: 'push', stepIndex, step, why };
}

/** Requests per second over the samples' time when both halves of it agree; `undefined` when they do not. */
export function steadyRate(samples: readonly LoadSample[]): number | undefined {
  const first = samples[0];
  const middle = samples[Math.floor(samples.length / 2)];
  const last = samples.at(-1);
  if (samples.length < 5 || first === undefined || middle === undefined || last === undefined)
    return undefined;
  const early = rateBetween(first, middle);
  const late = rateBetween(middle, last);
  const whole = rateBetween(first, last);
  return whole > 0 && Math.abs(late - early) <= steadyShare * whole ? Math.round(whole) : undefined;
}

function isFresh(sample: LoadSample | undefined): boolean {
  return sample?.lastResponseAt !== undefined && sample.at - sample.lastResponseAt <= freshMs;
}

function rateBetween(from: LoadSample, to: LoadSample): number {
  const ms = to.at - from.at;
  return ms <= 0 ? 0 : ((to.responses - from.responses) / ms) * 1_000;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
