import { epochMs } from '../clock.js';
import { interrupted } from '../errors.js';
import type { Emit } from '../events.js';
import type { LoadDriver, LoadEnd } from './driver.js';
import { type LoadPlan, nextMove, type PlanEvidence } from './plan.js';
import type { LoadSample, LoadStep } from './sample.js';

/** One step as it was really taken. */
export interface StepTaken {
  readonly step: LoadStep;
  /** Milliseconds of the Unix epoch. */
  readonly at: number;
  readonly why: string;
}

export type EscalationEnd =
  /** Every step was taken and the time is up: nothing hung. */
  | { readonly kind: 'exhausted'; readonly why: string }
  /** The caller had seen enough. */
  | { readonly kind: 'stopped' }
  | Exclude<LoadEnd, { readonly kind: 'stopped' }>;

export interface Escalation {
  readonly end: EscalationEnd;
  readonly steps: readonly StepTaken[];
  readonly startedAt: number;
  readonly last: LoadSample | undefined;
}

export interface EscalateOptions {
  readonly driver: LoadDriver;
  readonly url: string;
  readonly plan: LoadPlan;
  /** Default 10 s: above any verdict, so that a hung server's connections stay as they are. */
  readonly requestTimeoutMs?: number;
  /** What whoever watches the server knows at this moment. */
  readonly look: () => Pick<PlanEvidence, 'silentMs' | 'slowestProbeMs'>;
  readonly onStart?: (at: number) => void;
  readonly onSample?: (sample: LoadSample) => void;
  /** Ends the load as `stopped`; the caller's own signal throws `interrupted` instead. */
  readonly enough: AbortSignal;
}

const lookEveryMs = 50;

/**
 * Loads the server step by step until `enough` aborts, the plan ends, or the generator does. When it
 * returns no connection of the load is open any more. Emits `load-step` and `load-sample`.
 */
export async function escalate(
  options: EscalateOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<Escalation> {
  const { driver, url, plan, look, enough } = options;
  const first = plan.steps[0];
  if (first === undefined) throw new RangeError('a load plan without steps');
  const steps: StepTaken[] = [];
  let stepSamples: LoadSample[] = [];
  let last: LoadSample | undefined;

  await using session = await driver.open(
    {
      url,
      steps: plan.steps,
      requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
      maxFailures: 2 * Math.max(...plan.steps.map(({ connections }) => connections)),
      maxDurationMs: plan.durationMs + 60_000,
    },
    (sample) => {
      last = sample;
      stepSamples.push(sample);
      emit({ type: 'load-sample', sample });
      options.onSample?.(sample);
    },
    signal,
  );
  const take = (step: LoadStep, why: string): void => {
    stepSamples = [];
    steps.push({ step, at: epochMs(), why });
    session.push(step);
    emit({ type: 'load-step', step, why });
  };
  const startedAt = epochMs();
  options.onStart?.(startedAt);
  take(first, 'the first step');

  const end = await new Promise<EscalationEnd>((resolve) => {
    const decide = (): void => {
      const stepStartedAt = steps.at(-1)?.at ?? startedAt;
      const move = nextMove(plan, {
        elapsedMs: epochMs() - startedAt,
        stepIndex: steps.length - 1,
        stepElapsedMs: epochMs() - stepStartedAt,
        samples: stepSamples,
        ...look(),
      });
      if (move.kind === 'push') take(move.step, move.why);
      if (move.kind === 'end') finish({ kind: 'exhausted', why: move.why });
    };
    const timer = setInterval(decide, lookEveryMs);
    const stop = (): void => finish({ kind: 'stopped' });
    const finish = (how: EscalationEnd): void => {
      clearInterval(timer);
      enough.removeEventListener('abort', stop);
      resolve(how);
    };
    enough.addEventListener('abort', stop, { once: true });
    if (enough.aborted) stop();
    void session.ended.then(finish);
  });
  if (signal.aborted) throw interrupted(signal.reason);
  return { end, steps, startedAt, last };
}
