import { z } from 'zod';
import type { FleetSample } from './sample.js';

/** Clients that wait at instances which hang, so that they ask nobody else any more. */
export const heldSchema = z.object({
  /** Names of the instances. */
  by: z.array(z.string()),
  /** What the balancer held open to them, connections or requests. */
  sessions: z.number().int(),
  /** Connections of the load. */
  connections: z.number().int(),
});

export type Held = z.infer<typeof heldSchema>;

/** A check that takes a silent instance out frees its clients sooner. */
const lastsMs = 8_000;
/** Of the load's connections. */
const nearlyAll = 0.8;

export interface Holding {
  /** To be told of each look under load, and of the load's connections at that time. */
  onSample(sample: FleetSample, connections: number): void;
  /** Once nearly all clients have waited at hung instances for some time. */
  held(): Held | undefined;
}

/**
 * Where an instance that hangs is not taken out of service, each client of a balancer that chooses by request comes to it sooner or
 * later, and stays. Then the service stands still, though one instance hangs only.
 */
export function watchHolding(): Holding {
  let since: number | undefined;
  let seen: Held | undefined;
  return {
    onSample({ at, instances }, connections) {
      const hung = instances.filter(({ state }) => state === 'hung');
      const sessions = hung.reduce((sum, { balancer }) => sum + (balancer?.sessions ?? 0), 0);
      if (hung.length === 0 || sessions < connections * nearlyAll) {
        since = undefined;
        return;
      }
      since ??= at;
      if (at - since >= lastsMs) seen ??= { by: hung.map(({ name }) => name), sessions, connections };
    },
    held: () => seen,
  };
}
