import type { ProcessExit } from '../targets/target.js';
import { unreachable } from '../unreachable.js';
import { awakeMs, type DetectorState, type Judgement, silentMs, silentSince } from './detector-state.js';
import type { ProbeOutcome } from './health.js';
import type { ProcessStats } from './process-stats.js';

type Opinion = Omit<Judgement, 'at'>;

/** Probes that must have run into their timeout since the last byte. */
const timeoutsNeeded = 2;
/** CPU time is looked at over this long, and no less than `cpuLeastMs` of it. */
const cpuWindowMs = 1_000;
const cpuLeastMs = 400;
/** What was seen longer ago says nothing of now. */
const cpuStaleMs = 3_000;
/** Work that was under way when the last byte left may go on for this long. */
const afterglowMs = 100;
/** Pages read from disk within the window from which on a process is thought to be swapping. */
const swappingFaults = 50;
/** Quick answers in a row after which a slow server counts as healthy again. */
const recoveredProbes = 3;

/** What the observations so far amount to, `undefined` as long as there are none. Pure; the diagram stands in detector.ts. */
export function judge(state: DetectorState): Opinion | undefined {
  return paused(state) ?? refused(state) ?? hung(state) ?? answering(state);
}

function paused({ config, now, pausedSince, stalls, stats }: DetectorState): Opinion | undefined {
  if (pausedSince === undefined) return undefined;
  const ms = awakeMs(stalls, pausedSince, now);
  const how = stats.at(-1)?.state === 't' ? 'held by a tracer' : 'stopped by a signal';
  return {
    health: 'paused',
    why: `the process is ${how}, for ${seconds(ms)} so far`,
    final: ms >= config.pausedPatienceMs,
  };
}

function refused(state: DetectorState): Opinion | undefined {
  const { config, now, refusedSince, stalls, probes } = state;
  const silence = silentMs(state, now);
  // Connections that stand may still be served while a server shuts its port.
  if (refusedSince === undefined || silence < config.slowMs) return undefined;
  const ms = awakeMs(stalls, refusedSince, now);
  const what =
    probes.at(-1)?.kind === 'refused'
      ? 'its port refuses connections'
      : 'it cuts connections without an answer';
  return {
    health: 'refused',
    why: `the process lives and ${what}, for ${seconds(ms)} so far`,
    final: Math.min(ms, silence) >= config.refusedPatienceMs,
  };
}

function hung(state: DetectorState): Opinion | undefined {
  const { config, now } = state;
  const silence = silentMs(state, now);
  const timedOut = convincing(state);
  if (silence < config.probeTimeoutMs || timedOut.length < timeoutsNeeded) return undefined;
  const served =
    state.lastByteAt === undefined
      ? `nothing was served in ${seconds(silence)}`
      : `nothing was served for ${seconds(silence)}`;
  const probes = `${timedOut.length} fresh connections got no byte within ${seconds(config.probeTimeoutMs)}`;
  const cpu = cpuInSilence(state);
  if (cpu === undefined) return undecided(`${served}; CPU time is not known yet`, silence, state);

  const share = `CPU time moved by ${Math.round(cpu.share * 100)} % of one processor`;
  if (cpu.share >= config.idleCpuShare) return undecided(`${served}, ${probes}, ${share}`, silence, state);
  if (cpu.starved) {
    return undecided(`${served}, ${probes}, but threads wait for a processor`, silence, state);
  }
  if (cpu.faults >= swappingFaults) {
    return undecided(`${served}, ${probes}, but ${cpu.faults} pages came from disk`, silence, state);
  }
  if (cpu.uninterruptible) {
    return {
      health: 'paused',
      why: `${served}; the process is in an uninterruptible sleep (a frozen group, or a device)`,
      final: silence >= config.pausedPatienceMs,
    };
  }
  return { health: 'hung-idle', why: `${served}, ${probes}, ${share}`, final: true };
}

/** Silent without standing still: `slow` until patience runs out. */
function undecided(why: string, silence: number, { config }: DetectorState): Opinion {
  return silence >= config.busyPatienceMs
    ? { health: 'hung-busy', why, final: true }
    : { health: 'slow', why, final: false };
}

function answering(state: DetectorState): Opinion | undefined {
  const { config, probes, judgement, lastByteAt, now } = state;
  const last = probes.at(-1);
  const late = (probe: ProbeOutcome): boolean => probe.kind !== 'answered' || probe.ms > config.slowMs;
  if (last !== undefined && late(last)) return { health: 'slow', why: describeLate(last), final: false };
  if (lastByteAt === undefined) return undefined;
  const stillSlow =
    judgement !== undefined &&
    judgement.health === 'slow' &&
    (probes.length < recoveredProbes || probes.slice(-recoveredProbes).some(late));
  if (stillSlow) return { health: 'slow', why: judgement.why, final: false };
  const ago = Math.round(Math.max(0, now - lastByteAt));
  const why =
    last?.kind === 'answered'
      ? `a fresh connection was answered within ${Math.ceil(last.ms)} ms`
      : `a response arrived ${ago} ms ago`;
  return { health: 'healthy', why, final: false };
}

/** Probes that began after the silence did and ran into their timeout while the lab itself was awake. */
function convincing(state: DetectorState): readonly ProbeOutcome[] {
  const since = silentSince(state);
  return state.probes.filter(
    (probe) =>
      probe.kind === 'timed-out' &&
      probe.at >= since &&
      awakeMs(state.stalls, probe.at, probe.at + probe.ms) >= state.config.probeTimeoutMs / 2,
  );
}

interface CpuInSilence {
  /** Of one processor. */
  readonly share: number;
  readonly starved: boolean;
  readonly faults: number;
  readonly uninterruptible: boolean;
}

function cpuInSilence(state: DetectorState): CpuInSilence | undefined {
  const looks = looksInSilence(state);
  const first = looks[0];
  const last = looks.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < cpuLeastMs) return undefined;
  const asked = looks.filter(({ runnable }) => runnable !== undefined);
  return {
    share: (last.cpuMs - first.cpuMs) / (last.at - first.at),
    starved: asked.length > 0 && asked.filter(wantsProcessor).length * 2 >= asked.length,
    faults: last.majorFaults - first.majorFaults,
    uninterruptible: looks.every(({ state: letter }) => letter === 'D'),
  };
}

/** Those of the window; where they come seldom, as from a busy host over SSH, as many before them as make it long enough. */
function looksInSilence(state: DetectorState): readonly ProcessStats[] {
  const silent = state.stats.filter(({ at }) => at >= silentSince(state) + afterglowMs);
  const last = silent.at(-1);
  if (last === undefined || last.at < state.now - cpuStaleMs) return [];
  const inWindow = silent.findIndex(({ at }) => at >= state.now - cpuWindowMs);
  const isLong = last.at - (silent[inWindow]?.at ?? last.at) >= cpuLeastMs;
  const before = silent.findLastIndex(({ at }) => at <= last.at - cpuLeastMs);
  return silent.slice(isLong ? inWindow : Math.max(0, before));
}

function wantsProcessor({ runnable }: ProcessStats): boolean {
  return runnable !== undefined && runnable > 0;
}

function describeLate(probe: ProbeOutcome): string {
  switch (probe.kind) {
    case 'answered':
      return `a fresh connection was answered after ${Math.round(probe.ms)} ms`;
    case 'timed-out':
      return `a fresh connection got no byte within ${Math.round(probe.ms)} ms`;
    case 'refused':
      return 'a fresh connection was refused';
    case 'cut':
      return `a fresh connection was cut: ${probe.message}`;
    default:
      return unreachable(probe);
  }
}

/** How a process ended, in words. */
export function describeExit(exit: ProcessExit): string {
  switch (exit.kind) {
    case 'exited':
      return `the process ended with exit code ${exit.exitCode}`;
    case 'killed':
      return `the process was ended by ${exit.signal}`;
    case 'gone':
      return 'the process is gone';
    default:
      return unreachable(exit);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
