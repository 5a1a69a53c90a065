import { z } from 'zod';
import { checklistRowSchema } from '../checklist/row.js';
import { balancerChoices, healthCheckChoices } from '../choices.js';
import { waysToLook } from './balancer/balancer.js';
import { heldSchema } from './held.js';
import { placesOfHosts } from './options.js';
import { recoverySchema } from './recover.js';
import { fleetFindingSchema } from './same-cause.js';
import { instanceStates } from './state.js';

/** Schema `lab.fleet/1`, `fleet.json` in the run's folder. Paths are relative to that folder, times Unix milliseconds. */
export const fleetResultSchema = z.object({
  schema: z.literal('lab.fleet/1'),
  options: z.object({
    instances: z.number().int(),
    balancer: z.enum(balancerChoices),
    healthCheck: z.enum(healthCheckChoices),
    hosts: z.enum(placesOfHosts),
    recover: z.boolean(),
  }),
  balancer: z.object({
    version: z.string(),
    origin: z.string(),
    ended: z.string().nullable(),
    /** How it learns of an instance, by kind of check; absent where it asks in both ways. */
    looks: z.object({ http: z.enum(waysToLook), tcp: z.enum(waysToLook) }).optional(),
  }),
  /** What was found before anything was restarted: `2 of 3 hung, 1 overloaded`. */
  service: z.string(),
  loadStartedAt: z.number(),
  /** Instances that hung, in that order. */
  hangs: z.array(z.string()),
  instances: z.array(
    z.object({
      name: z.string(),
      pid: z.number().int(),
      url: z.string(),
      host: z.string(),
      state: z.enum(instanceStates),
      why: z.string(),
      hungAt: z.number().nullable(),
      answeredAgain: z.number().int(),
      seenByHttpMs: z.number().nullable(),
      seenByTcpMs: z.number().nullable(),
      core: z.string().nullable(),
      exe: z.string().nullable(),
      pausedMs: z.number().nullable(),
      /** Why there is no core though one was wanted. */
      uncaptured: z.string().nullable(),
      diagnosis: z
        .object({ file: z.string(), verdict: z.enum(['deadlock', 'none', 'unknown']), summary: z.string() })
        .nullable(),
    }),
  ),
  findings: z.array(fleetFindingSchema),
  recovery: recoverySchema.nullable(),
  /** Clients that all waited at what hangs; absent in runs of older versions. */
  held: heldSchema.nullable().optional(),
  checklist: z.array(checklistRowSchema),
});

export type FleetResult = z.infer<typeof fleetResultSchema>;
export type FleetInstance = FleetResult['instances'][number];
