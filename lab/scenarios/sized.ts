import type { Protocol } from '../stampede/facts.js';
import type { Scenario } from './scenario.js';

export interface AskedSize {
  readonly size?: number | undefined;
  readonly protocol?: Protocol | undefined;
}

/** Not every goroutine of the wanted number is a victim: who is at fault is not, nor who serves. */
const victimShare = 0.98;

/** A stampede of the size that was asked for; any other scenario as it is. */
export function sized(scenario: Scenario, asked: AskedSize): Scenario {
  const { drive, server, expect } = scenario;
  if (drive.kind !== 'stampede') return scenario;
  const size = asked.size ?? drive.size;
  const protocol = asked.protocol ?? drive.protocol;
  return {
    ...scenario,
    server: { ...server, flags: [...(server.flags ?? []), ...(protocol === 'http2' ? ['--http2'] : [])] },
    drive: { ...drive, size, protocol },
    expect: { ...expect, victimsAtLeast: Math.floor(size * victimShare) },
  };
}

/** Goroutines that a scenario is to leave behind, where it says so; else 0. */
export function crowdOf({ drive }: Scenario): number {
  return drive.kind === 'stampede' ? drive.size : 0;
}
