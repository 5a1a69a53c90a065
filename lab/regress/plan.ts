import { z } from 'zod';
import { shardSchema } from '../shard.js';

/** What a regression set out to do, as `plan.json` in its folder: enough to go on with it. */
export const planSchema = z.object({
  schema: z.literal('lab.regress.plan/1'),
  mode: z.enum(['live', 'cores']),
  shard: shardSchema.optional(),
  startedAt: z.string(),
  jobs: z.number().int().positive(),
  timeLimitMs: z.number().positive(),
  /** Folder in which every bundle is kept. */
  keep: z.string().nullable(),
  gos: z.array(
    z.object({
      path: z.string(),
      version: z.string(),
      release: z.object({ text: z.string(), minor: z.number(), patch: z.number() }),
      /** Where its standard library lies. */
      root: z.string().optional(),
    }),
  ),
  delves: z.array(z.object({ path: z.string(), version: z.string() })),
  cells: z.array(
    z.object({
      id: z.string(),
      scenario: z.string(),
      variant: z.enum(['faulty', 'fixed']),
      go: z.string(),
      delve: z.string(),
      notApplicable: z.string().optional(),
      /** Folder of the stored bundle to analyse. */
      bundle: z.string().optional(),
    }),
  ),
});

export type Plan = z.infer<typeof planSchema>;
export type PlannedCell = Plan['cells'][number];
