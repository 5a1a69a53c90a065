import type { ProcessExit } from '../targets/target.js';
import { unreachable } from '../unreachable.js';
import type { DetectorConfig, DetectorState, Judgement } from './detector-state.js';
import type { ProbeOutcome } from './health.js';
import type { Stall } from './heartbeat.js';
import { describeExit, judge } from './judge.js';
import type { ProcessStats } from './process-stats.js';

/*
 *                          answers late, or only some;
 *                          nothing served, no verdict yet
 *              healthy <-----------------------------------> slow
 *                 |                                            |
 *                 +---------------------+----------------------+
 *                                       |
 *       the process has ended ----------+---> crashed !
 *       state T or t, or a D that lasts +---> paused  ---- for pausedPatienceMs ----> paused !
 *       refused or cut, nothing served  +---> refused ---- for refusedPatienceMs ---> refused !
 *       nothing served for the probe timeout, two probes
 *       begun since the last byte ran into it, and
 *         CPU time stands still, no     +---> hung-idle !
 *         thread wants a processor
 *         CPU time moves, or threads    +---> slow -------- for busyPatienceMs ----> hung-busy !
 *         are kept from running
 *
 * A mark (!) is a verdict: the state machine stops there. Everything else may go back. Time in which the
 * lab itself stood still does not count, and silence begins anew when a paused process goes on.
 */

/** The limits for a probe timeout; a server under load gets half of it before it counts as slow. */
export function detectorConfig(probeTimeoutMs: number): DetectorConfig {
  return {
    probeTimeoutMs,
    slowMs: probeTimeoutMs / 2,
    idleCpuShare: 0.1,
    busyPatienceMs: Math.max(5_000, 3 * probeTimeoutMs),
    pausedPatienceMs: 2_000,
    refusedPatienceMs: 1_500,
  };
}

/** What comes in, in the order in which it became known. Times in milliseconds of the Unix epoch. */
export type Observation =
  | { readonly kind: 'probe'; readonly outcome: ProbeOutcome }
  /** The load's progress: `lastResponseAt` when its newest response arrived. */
  | { readonly kind: 'load'; readonly at: number; readonly lastResponseAt: number | undefined }
  | { readonly kind: 'process'; readonly stats: ProcessStats }
  /** The lab stood still; to be told before what was seen right after it. */
  | { readonly kind: 'stall'; readonly stall: Stall }
  | { readonly kind: 'exit'; readonly at: number; readonly exit: ProcessExit };

const keepMs = 30_000;
const keepProbes = 50;

export function startDetector(config: DetectorConfig, startedAt: number): DetectorState {
  return {
    config,
    startedAt,
    now: startedAt,
    firstByteAt: undefined,
    lastByteAt: undefined,
    pausedAt: undefined,
    pausedSince: undefined,
    refusedSince: undefined,
    probes: [],
    stats: [],
    stalls: [],
    judgement: undefined,
  };
}

/** The state after one more observation. After a verdict nothing changes any more. */
export function observe(state: DetectorState, observation: Observation): DetectorState {
  if (state.judgement?.final === true) return state;
  if (observation.kind === 'exit') {
    const { at, exit } = observation;
    const judgement: Judgement = { at, health: 'crashed', why: describeExit(exit), final: true };
    return { ...state, now: Math.max(state.now, at), judgement };
  }
  const known = take(state, observation);
  const opinion = judge(known);
  if (opinion === undefined) return known;
  const { health, why, final } = opinion;
  if (known.judgement?.health === health && known.judgement.final === final) return known;
  return { ...known, judgement: { at: known.now, health, why, final } };
}

function take(state: DetectorState, observation: Exclude<Observation, { kind: 'exit' }>): DetectorState {
  switch (observation.kind) {
    case 'probe':
      return takeProbe(state, observation.outcome);
    case 'load': {
      const seen = clock(state, observation.at);
      return observation.lastResponseAt === undefined ? seen : served(seen, observation.lastResponseAt);
    }
    case 'process':
      return takeStats(state, observation.stats);
    case 'stall': {
      const seen = clock(state, observation.stall.to);
      const stalls = [...seen.stalls.filter(({ to }) => to >= seen.now - keepMs), observation.stall];
      return { ...seen, stalls };
    }
    default:
      return unreachable(observation);
  }
}

function takeProbe(state: DetectorState, outcome: ProbeOutcome): DetectorState {
  const endedAt = outcome.at + outcome.ms;
  const seen = { ...clock(state, endedAt), probes: [...state.probes, outcome].slice(-keepProbes) };
  switch (outcome.kind) {
    case 'answered':
      return served({ ...seen, refusedSince: undefined }, endedAt);
    case 'timed-out':
      return { ...seen, refusedSince: undefined };
    case 'refused':
    case 'cut':
      return { ...seen, refusedSince: seen.refusedSince ?? endedAt };
    default:
      return unreachable(outcome);
  }
}

function takeStats(state: DetectorState, stats: ProcessStats): DetectorState {
  const seen = clock(state, stats.at);
  const paused = stats.state === 'T' || stats.state === 't';
  return {
    ...seen,
    stats: [...seen.stats.filter(({ at }) => at >= seen.now - keepMs), stats],
    pausedAt: paused ? stats.at : seen.pausedAt,
    pausedSince: paused ? (seen.pausedSince ?? stats.at) : undefined,
  };
}

function clock(state: DetectorState, at: number): DetectorState {
  return at > state.now ? { ...state, now: at } : state;
}

function served(state: DetectorState, at: number): DetectorState {
  if (at < state.startedAt) return state;
  return {
    ...state,
    firstByteAt: Math.min(state.firstByteAt ?? at, at),
    lastByteAt: Math.max(state.lastByteAt ?? at, at),
  };
}
