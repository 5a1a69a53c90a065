import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { instanceStates } from './state.js';

const checkSeen = z.object({ up: z.boolean(), said: z.string() });

const instanceSample = z.object({
  name: z.string(),
  state: z.enum(instanceStates),
  why: z.string(),
  /** By the balancer's count of its bytes; `null` when the balancer does not tell. */
  responsesPerSecond: z.number().nullable(),
  /** Of one processor, since the sample before; `null` before there are two looks. */
  cpuShare: z.number().nullable(),
  goroutines: z.number().int().nullable(),
  /** The newest probe past the balancer. */
  direct: z.object({ kind: z.enum(['answered', 'timed-out', 'refused', 'cut']), ms: z.number() }).nullable(),
  /** What the balancer says; `null` when it does not tell. */
  balancer: z
    .object({
      service: z.enum(['up', 'down', 'drained']),
      /** `null` of a kind of check that the balancer does not make. */
      tcp: checkSeen.nullable(),
      http: checkSeen.nullable(),
      sessions: z.number().int(),
      connectErrors: z.number().int(),
      responseErrors: z.number().int(),
      retries: z.number().int(),
    })
    .nullable(),
});

/** One look at the whole fleet, a line of `fleet.jsonl`. `at` in milliseconds of the Unix epoch. */
export const fleetSampleSchema = z.object({
  at: z.number(),
  /** `load`, `recover`, or what the run was at. */
  phase: z.enum(['load', 'settle', 'recover']),
  /** `2 of 3 hung, 1 overloaded`. */
  service: z.string(),
  /** Requests of a visitor through the balancer since the sample before. */
  through: z.object({ answered: z.number().int(), failed: z.number().int() }),
  /** Connections of clients to the balancer, where it tells. */
  clients: z.number().int().nullable().optional(),
  load: z.object({ requestsPerSecond: z.number(), errors: z.number(), timeouts: z.number() }).nullable(),
  instances: z.array(instanceSample),
});

export type FleetSample = z.infer<typeof fleetSampleSchema>;
export type InstanceSample = FleetSample['instances'][number];
export type Phase = FleetSample['phase'];

/** The samples of `fleet.jsonl`, oldest first; a line that a crash cut off is left out. */
export async function readFleetSamples(path: string): Promise<readonly FleetSample[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      const parsed = fleetSampleSchema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
