import { detectorConfig, type Observation, observe, startDetector } from '../hang/detector.js';
import type { Judgement } from '../hang/detector-state.js';
import { unreachable } from '../unreachable.js';
import type { DutyAction, DutyConfig, DutyState, HostLook, ServiceLook, Suspicion } from './duty-state.js';
import { excuseOf } from './excuses.js';

/*
 *   watching --- the detector says hung --------------------> confirming (look 1)
 *   watching --- the counter stands, goroutines accumulate -> confirming (look 1)
 *   confirming - an answer, progress, or an excuse ---------> watching
 *   confirming - confirmMs later nothing has changed -------> caught (look 2, capture)
 *   caught ----- an answer, progress, another process ------> watching
 *
 * Pure: time comes with what is seen, so a test has its own.
 */

/** What comes in, in the order in which it became known. */
export type Sighting =
  | Observation
  | { readonly kind: 'host'; readonly look: HostLook }
  | { readonly kind: 'service'; readonly look: ServiceLook }
  /** The service runs as another process now. */
  | { readonly kind: 'new-process'; readonly at: number };

export interface Step {
  readonly state: DutyState;
  readonly actions: readonly DutyAction[];
}

export function dutyConfig(probeTimeoutMs: number, more: Partial<DutyConfig> = {}): DutyConfig {
  return {
    detector: detectorConfig(probeTimeoutMs),
    confirmMs: 3_000,
    standstillMs: 60_000,
    accumulated: 20,
    ...more,
  };
}

export function startDuty(config: DutyConfig, at: number): DutyState {
  const detector = startDetector(config.detector, at);
  const nothing = { host: undefined, service: undefined, moved: undefined };
  return { config, detector, phase: { kind: 'watching' }, ...nothing };
}

/** The state after one more sighting, and what is to be done about it. */
export function onDuty(state: DutyState, sighting: Sighting): Step {
  switch (sighting.kind) {
    case 'new-process':
      return { state: startDuty(state.config, sighting.at), actions: [] };
    case 'host':
      return onHost({ ...state, host: sighting.look }, sighting.look.at);
    case 'service':
      return onService(state, sighting.look);
    case 'exit':
      return {
        state: startDuty(state.config, sighting.at),
        actions:
          state.phase.kind === 'confirming'
            ? [{ kind: 'excused', as: 'gone', why: 'its process ended' }]
            : [],
      };
    case 'probe':
      return sighting.outcome.kind === 'answered'
        ? onAnswer(state, sighting)
        : onObservation(state, sighting);
    case 'load':
    case 'process':
    case 'stall':
      return onObservation(state, sighting);
    default:
      return unreachable(sighting);
  }
}

/** An answer ends every suspicion that rests on there being none. */
function onAnswer(state: DutyState, sighting: Observation): Step {
  const { phase } = state;
  const at = sighting.kind === 'probe' ? sighting.outcome.at + sighting.outcome.ms : state.detector.now;
  if (phase.kind === 'caught') return { state: again(state, at), actions: [{ kind: 'recovered' }] };
  if (phase.kind === 'confirming' && phase.suspicion.by === 'probes') {
    const why = `it answers again: ${phase.suspicion.why}`;
    return { state: again(state, at), actions: [{ kind: 'excused', as: 'slow', why }] };
  }
  return onObservation(state, sighting);
}

function onObservation(state: DutyState, observation: Observation): Step {
  const detector = observe(state.detector, observation);
  const next = { ...state, detector };
  const { judgement } = detector;
  if (state.phase.kind === 'caught') return { state: next, actions: [] };
  if (state.phase.kind === 'confirming') return onConfirming(next, observation);
  if (judgement?.final !== true || judgement === state.detector.judgement)
    return { state: next, actions: [] };
  return onVerdict(next, judgement);
}

function onVerdict(state: DutyState, { at, health, why }: Judgement): Step {
  switch (health) {
    case 'hung-idle':
    case 'hung-busy':
      return suspect(state, { since: at, why, isBusy: health === 'hung-busy', by: 'probes' });
    case 'paused':
      return { state: again(state, at), actions: [{ kind: 'excused', as: 'paused', why }] };
    case 'refused':
      return { state: again(state, at), actions: [{ kind: 'excused', as: 'down', why }] };
    case 'healthy':
    case 'slow':
    case 'crashed':
      return { state: again(state, at), actions: [] };
    default:
      return unreachable(health);
  }
}

function suspect(state: DutyState, given: Omit<Suspicion, 'host' | 'progress'>): Step {
  // What the counter was before the suspicion says nothing of the time since.
  const suspicion: Suspicion = { ...given, host: state.host, progress: undefined };
  // The detector has its verdict: what comes now is looked at anew, from the same moment on.
  const detector = {
    ...startDetector(state.config.detector, given.since),
    probes: state.detector.probes,
    stats: state.detector.stats,
  };
  return {
    state: { ...state, detector, phase: { kind: 'confirming', suspicion } },
    actions: [{ kind: 'look', number: 1, why: given.why }],
  };
}

/** Whoever stops the process while it is suspected explains its silence. */
function onConfirming(state: DutyState, observation: Observation): Step {
  const paused = observation.kind === 'process' && /^[tT]$/.test(observation.stats.state);
  if (!paused) return { state, actions: [] };
  const why = 'the process was stopped by a signal or a tracer';
  return { state: again(state, state.detector.now), actions: [{ kind: 'excused', as: 'paused', why }] };
}

function onHost(state: DutyState, at: number): Step {
  if (state.phase.kind !== 'confirming') return { state, actions: [] };
  const { suspicion } = state.phase;
  if (suspicion.host === undefined) {
    const seen = { ...suspicion, host: state.host };
    return { state: { ...state, phase: { kind: 'confirming', suspicion: seen } }, actions: [] };
  }
  const { confirmMs } = state.config;
  if (at - Math.max(suspicion.since, suspicion.host.at) < confirmMs) return { state, actions: [] };
  const excuse = excuseOf(state, suspicion);
  if (excuse !== undefined) return { state: again(state, at), actions: [{ kind: 'excused', ...excuse }] };
  const { why } = suspicion;
  return {
    state: { ...state, phase: { kind: 'caught' } },
    actions: [
      { kind: 'look', number: 2, why },
      { kind: 'capture', why },
    ],
  };
}

function onService(state: DutyState, look: ServiceLook): Step {
  const before = state.service;
  const moves = look.progress !== undefined && look.progress !== before?.progress;
  const moved =
    moves || state.moved === undefined ? { at: look.at, goroutines: look.goroutines } : state.moved;
  const next = { ...state, service: { ...before, ...look }, moved };
  const { phase, config } = state;
  if (phase.kind === 'caught')
    return moves && before?.progress !== undefined
      ? { state: again(next, look.at), actions: [{ kind: 'recovered' }] }
      : { state: next, actions: [] };
  if (phase.kind === 'confirming' && phase.suspicion.progress === undefined) {
    const suspicion = { ...phase.suspicion, progress: look.progress };
    return { state: { ...next, phase: { kind: 'confirming', suspicion } }, actions: [] };
  }
  if (phase.kind !== 'watching' || look.progress === undefined || moves) return { state: next, actions: [] };
  const came = (look.goroutines ?? 0) - (moved.goroutines ?? Number.POSITIVE_INFINITY);
  const stood = look.at - moved.at;
  if (stood < config.standstillMs || came < config.accumulated) return { state: next, actions: [] };
  const why = `its counter has stood still for ${Math.round(stood / 1_000)} s, and ${came} goroutines came meanwhile`;
  return suspect(next, { since: look.at, why, isBusy: false, by: 'progress' });
}

/** Watching from this moment on, with what is known of the service. */
function again(state: DutyState, at: number): DutyState {
  const { config, host, service } = state;
  const moved = service?.progress === undefined ? undefined : { at, goroutines: service.goroutines };
  return { ...startDuty(config, at), host, service, moved };
}
