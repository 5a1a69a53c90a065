import { pause } from '../deadline.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import type { LoadDriver } from '../load/driver.js';
import { type Escalation, escalate } from '../load/escalate.js';
import type { LoadPlan } from '../load/plan.js';
import type { TargetProcess } from '../targets/target.js';
import { unreachable } from '../unreachable.js';
import { countGoroutines } from './count-goroutines.js';
import type { DetectorState, Judgement } from './detector-state.js';
import type { Health } from './health.js';
import type { HangOutcome, Seen } from './outcome.js';
import { openWatch, type Watch, type WatchOptions } from './watch.js';

export interface ObserveOptions extends WatchOptions {
  /** `http://host:port` of net/http/pprof: goroutines are counted while the load runs. */
  readonly pprofUrl?: string;
  readonly driver: LoadDriver;
  readonly plan: LoadPlan;
}

/** After the generator gave up the watch gets this long to say why. Longer than any patience for refusals. */
const afterBailOutMs = 4_000;
const keptInOutcome = 20;

/**
 * Watches a server without loading it, for at most `maxMs`: `no-hang` when nothing was decided by then.
 * Throws `interrupted` when the signal aborts.
 */
export async function watchForHang(
  options: WatchOptions & { readonly maxMs: number },
  emit: Emit,
  signal: AbortSignal,
): Promise<HangOutcome> {
  await using watch = openWatch(options, emit, signal);
  const judgement = await verdictWithin(watch, options.maxMs, signal);
  const seen = seenBy(watch.state(), undefined, undefined);
  return judgement === undefined
    ? { ...seen, kind: 'no-hang', reason: 'plan-ended', health: watch.state().judgement?.health ?? 'slow' }
    : outcomeOf(judgement, seen, options.process, []);
}

/**
 * Loads a server step by step and watches it until it hangs, ends, or has borne the whole plan. When this
 * returns the load's clients are gone and the server is untouched; a hang was looked at once more without
 * any load. Throws `undecided` when the generator broke, `interrupted` when the signal aborts.
 */
export async function observeHang(
  options: ObserveOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<HangOutcome> {
  const { driver, plan, url } = options;
  const { judgement, escalation, state } = await underLoad();
  const seen = seenBy(state, escalation, driver.name);

  if (judgement !== undefined && !isHang(judgement)) return outcomeOf(judgement, seen, options.process, []);
  if (judgement === undefined && escalation.end.kind !== 'exhausted') {
    throw new LabError(`no verdict: ${whyEnded(escalation)}`, {
      code: 'undecided',
      hint: 'run it again; when it happens again, read server.log and load.jsonl in the run folder',
      details: { end: escalation.end },
    });
  }

  return await confirmWithoutLoad(
    { watch: options, judgement, seen, health: state.judgement?.health, whySurvived: whyEnded(escalation) },
    emit,
    signal,
  );

  async function underLoad() {
    await using watch = openWatch(options, emit, signal);
    await using _count =
      options.pprofUrl === undefined ? undefined : countGoroutines(options.pprofUrl, emit, signal);
    const enough = new AbortController();
    const stopLoad = (): void => enough.abort();
    watch.verdict.then(stopLoad, stopLoad);
    const escalation = await escalate(
      {
        driver,
        url,
        plan,
        look: () => watch.look(),
        onSample: (sample) => watch.onLoadSample(sample),
        enough: enough.signal,
      },
      emit,
      signal,
    );
    const judgement =
      escalation.end.kind === 'stopped'
        ? await watch.verdict
        : escalation.end.kind === 'bailed-out'
          ? await verdictWithin(watch, afterBailOutMs, signal)
          : undefined;
    return { judgement, escalation, state: watch.state() };
  }
}

export interface Confirmation {
  readonly watch: WatchOptions;
  /** What was decided while the clients were there; `undefined` when the server bore all of them. */
  readonly judgement: Judgement | undefined;
  readonly seen: Seen;
  /** The newest opinion of the watch, when there was one. */
  readonly health: Health | undefined;
  /** Why a server that bore all of it is said to have. */
  readonly whySurvived: string;
}

/**
 * Looks once more with all clients gone: a server that hangs does so without them too, and one that bore
 * everything still answers.
 */
export async function confirmWithoutLoad(
  { watch, judgement, seen, health, whySurvived }: Confirmation,
  emit: Emit,
  signal: AbortSignal,
): Promise<HangOutcome> {
  await using again = openWatch(watch, (event) => event.type === 'probe' && emit(event), signal);
  const after = await Promise.race([again.verdict, again.answered]);
  const { probes, now } = again.state();
  if (after !== undefined) {
    const decided = isHang(after) ? (judgement ?? after) : after;
    if (decided !== judgement) emit({ type: 'health', at: now, health: decided.health, why: decided.why });
    return outcomeOf(decided, { ...seen, why: decided.why }, watch.process, probes);
  }
  if (judgement === undefined) {
    return { ...seen, kind: 'no-hang', reason: 'plan-ended', health: health ?? 'healthy', why: whySurvived };
  }
  const why = `${judgement.why}; without the load it answers again: overload, not a hang`;
  emit({ type: 'health', at: now, health: 'slow', why });
  return { ...seen, kind: 'no-hang', reason: 'recovered', health: 'slow', why };
}

export function isHang({ health }: Judgement): boolean {
  return health === 'hung-idle' || health === 'hung-busy';
}

async function verdictWithin(watch: Watch, ms: number, signal: AbortSignal): Promise<Judgement | undefined> {
  const done = new AbortController();
  try {
    return await Promise.race([
      watch.verdict,
      pause(ms, AbortSignal.any([signal, done.signal])).then(() => undefined),
    ]);
  } finally {
    done.abort();
  }
}

export function seenBy(
  state: DetectorState,
  escalation: Escalation | undefined,
  driver: string | undefined,
): Seen {
  return {
    watchStartedAt: state.startedAt,
    load:
      escalation === undefined || driver === undefined
        ? undefined
        : { driver, startedAt: escalation.startedAt, steps: escalation.steps, last: escalation.last },
    firstByteAt: state.firstByteAt,
    lastByteAt: state.lastByteAt,
    probes: state.probes.slice(-keptInOutcome),
    stats: state.stats.slice(-keptInOutcome),
    why: state.judgement?.why ?? 'nothing was seen',
  };
}

export function outcomeOf(
  { health, at, why }: Judgement,
  seen: Seen,
  process: TargetProcess,
  afterLoad: Extract<HangOutcome, { kind: 'hung' }>['afterLoad'],
): HangOutcome {
  switch (health) {
    case 'hung-idle':
    case 'hung-busy':
      return { ...seen, why, kind: 'hung', health, verdictAt: at, afterLoad };
    case 'crashed':
      return { ...seen, why, kind: 'crashed', at, exit: process.exit() ?? { kind: 'gone' } };
    case 'refused':
    case 'paused':
      return { ...seen, why, kind: health, at };
    case 'healthy':
    case 'slow':
      throw new LabError(`a verdict of ${health}: ${why}`, { code: 'internal' });
    default:
      return unreachable(health);
  }
}

function whyEnded({ end }: Escalation): string {
  if (end.kind === 'exhausted') return end.why;
  return end.kind === 'stopped' ? 'the load was stopped' : end.message;
}
