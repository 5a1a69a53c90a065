import type { Judgement } from '../hang/detector-state.js';
import type { ProbeOutcome } from '../hang/health.js';
import { unreachable } from '../unreachable.js';
import type { BackendView } from './balancer/balancer.js';

/**
 * What an instance is found to be, by direct looks at it and by what the balancer says.
 *
 * - `starting`: nobody has seen it answer yet; `restarting`: the lab has ended it and begins it again
 * - `serving`: it answers in time; `overloaded`: late, or not all, or it computes and nothing comes out yet
 * - `hung`: alive, takes connections, answers none of them, and stands still
 * - `paused`: stopped by a signal or held by a tracer; `ended`: the process is gone
 * - `refusing`: alive, its port does not take connections
 * - `cut-off`: no connection to it comes about, from here or from the balancer
 * - `drained`: it answers, and was taken out of service by hand
 */
export const instanceStates = [
  'starting',
  'serving',
  'overloaded',
  'hung',
  'paused',
  'ended',
  'refusing',
  'cut-off',
  'drained',
  'restarting',
] as const;
export type InstanceState = (typeof instanceStates)[number];

export interface InstanceEvidence {
  /** What the lab is doing to it at this moment. */
  readonly act: 'restarting' | undefined;
  /** The newest opinion from direct probes and the process's statistics. */
  readonly judgement: Judgement | undefined;
  /** The newest direct probes, oldest first. */
  readonly probes: readonly ProbeOutcome[];
  /** What the balancer says; `undefined` when it does not tell. */
  readonly backend: BackendView | undefined;
  /** Whether its host has told anything of its process in the last seconds. */
  readonly heard: boolean;
}

export interface Opinion {
  readonly state: InstanceState;
  /** The reason, with its figures. */
  readonly why: string;
}

/** What the evidence amounts to. Pure. */
export function stateOf({ act, judgement, probes, backend, heard }: InstanceEvidence): Opinion {
  if (act === 'restarting') return { state: 'restarting', why: 'the lab restarts it' };
  if (judgement === undefined) return { state: 'starting', why: 'nobody has seen it answer yet' };
  const { health, why, final } = judgement;
  switch (health) {
    case 'crashed':
      return { state: 'ended', why };
    case 'paused':
      return { state: 'paused', why };
    case 'refused':
      return isUnreachable(probes.at(-1))
        ? { state: 'cut-off', why: cutOff(probes) }
        : { state: 'refusing', why };
    case 'hung-idle':
      if (!final) return { state: 'overloaded', why };
      return hasConnected(probes) ? { state: 'hung', why } : { state: 'cut-off', why: cutOff(probes) };
    case 'hung-busy':
      return heard || hasConnected(probes)
        ? { state: 'overloaded', why }
        : { state: 'cut-off', why: `${cutOff(probes)}, and its host tells nothing` };
    case 'slow':
      return { state: 'overloaded', why };
    case 'healthy':
      return answering(why, backend);
    default:
      return unreachable(health);
  }
}

function answering(why: string, backend: BackendView | undefined): Opinion {
  if (backend?.service === 'drained') {
    return { state: 'drained', why: 'it answers, and the balancer sends it nothing: drained' };
  }
  const tcp = backend?.checks.tcp;
  if (tcp !== undefined && !tcp.up && isConnectFailure(tcp.said)) {
    const { said } = tcp;
    return { state: 'cut-off', why: `it answers here, and the balancer cannot connect to it (${said})` };
  }
  return { state: 'serving', why };
}

/** No connection came about: layer 4 in HAProxy's words. */
const isConnectFailure = (said: string): boolean => /^(L4(TOUT|CON)|no connection)/.test(said);

/** A hung server's kernel completes the handshake; a host that is gone does not. */
function hasConnected(probes: readonly ProbeOutcome[]): boolean {
  const newest = probes.filter(({ kind }) => kind === 'timed-out').slice(-3);
  return newest.some((probe) => probe.kind === 'timed-out' && probe.connected);
}

/** Said by the network, not by the host. */
function isUnreachable(probe: ProbeOutcome | undefined): boolean {
  return probe?.kind === 'cut' && /EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN/.test(probe.message);
}

function cutOff(probes: readonly ProbeOutcome[]): string {
  const tried = probes.filter(
    (probe) => (probe.kind === 'timed-out' && !probe.connected) || isUnreachable(probe),
  ).length;
  return `no connection to it comes about: ${tried} tries`;
}

/** Whether an instance in that state serves somebody. */
export function serves(state: InstanceState): boolean {
  return state === 'serving' || state === 'overloaded' || state === 'starting';
}

/** Whether it will not come back by itself, whatever the load does. */
export function isLost(state: InstanceState): boolean {
  return ['hung', 'ended', 'refusing', 'cut-off', 'paused'].includes(state);
}

/** In the order of how much a reader wants to know of them. */
const told: readonly InstanceState[] = [
  'hung',
  'ended',
  'cut-off',
  'refusing',
  'paused',
  'overloaded',
  'restarting',
  'drained',
  'starting',
  'serving',
];

/** The service in a phrase: `2 of 3 hung, 1 overloaded`. */
export function serviceText(states: readonly InstanceState[]): string {
  const counts = told
    .map((state) => [state, states.filter((one) => one === state).length] as const)
    .filter(([, n]) => n > 0);
  const [first, ...more] = counts;
  if (first === undefined) return 'no instance';
  const word = (state: InstanceState): string => (state === 'cut-off' ? 'cut off' : state);
  const [state, n] = first;
  if (n === states.length) {
    if (n === 1) return `the only instance is ${word(state)}`;
    return n === 2 ? `both ${word(state)}` : `all ${n} ${word(state)}`;
  }
  return [`${n} of ${states.length} ${word(state)}`, ...more.map(([other, m]) => `${m} ${word(other)}`)].join(
    ', ',
  );
}
