import type { Health, ProbeOutcome } from './health.js';
import type { Stall } from './heartbeat.js';
import type { ProcessStats } from './process-stats.js';

export interface DetectorConfig {
  readonly probeTimeoutMs: number;
  /** An answer that takes longer is late. */
  readonly slowMs: number;
  /** CPU time per time, of one processor, below which a process stands still. */
  readonly idleCpuShare: number;
  /** A process that computes gets this much silence before it counts as hung. */
  readonly busyPatienceMs: number;
  readonly pausedPatienceMs: number;
  readonly refusedPatienceMs: number;
}

export interface Judgement {
  readonly at: number;
  readonly health: Health;
  /** The reason in words, with its figures. */
  readonly why: string;
  /** Whether this is a verdict. */
  readonly final: boolean;
}

export interface DetectorState {
  readonly config: DetectorConfig;
  readonly startedAt: number;
  /** The time of the newest observation. */
  readonly now: number;
  readonly firstByteAt: number | undefined;
  readonly lastByteAt: number | undefined;
  /** The newest time at which the process was seen paused. */
  readonly pausedAt: number | undefined;
  /** The first of the looks in a row that saw it paused. */
  readonly pausedSince: number | undefined;
  /** The first of the refusals and cuts in a row. */
  readonly refusedSince: number | undefined;
  /** Finished probes, oldest first. */
  readonly probes: readonly ProbeOutcome[];
  readonly stats: readonly ProcessStats[];
  readonly stalls: readonly Stall[];
  readonly judgement: Judgement | undefined;
}

/** How long no byte came, of the time in which the lab could have seen one and the process could have sent one. */
export function silentMs(state: DetectorState, now: number): number {
  return awakeMs(state.stalls, silentSince(state), now);
}

/** When the silence began: with the last byte, or when the process was last seen paused, or with the watch. */
export function silentSince({ startedAt, lastByteAt, pausedAt }: DetectorState): number {
  return Math.max(startedAt, lastByteAt ?? startedAt, pausedAt ?? startedAt);
}

/** Length of a stretch without the lab's own stalls in it. */
export function awakeMs(stalls: readonly Stall[], from: number, to: number): number {
  const lost = stalls.reduce(
    (sum, stall) => sum + Math.max(0, Math.min(to, stall.to) - Math.max(from, stall.from)),
    0,
  );
  return Math.max(0, to - from - lost);
}
