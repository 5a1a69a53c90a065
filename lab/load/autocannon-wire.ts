import { z } from 'zod';

/** A line to the generator's stdin: what it shall do from now on. */
export const commandSchema = z.object({
  url: z.string(),
  connections: z.number().int().positive(),
  pipelining: z.number().int().positive(),
  requestTimeoutMs: z.number().positive(),
  maxFailures: z.number().int().positive(),
  maxDurationMs: z.number().positive(),
});
export type GeneratorCommand = z.infer<typeof commandSchema>;

/** A line from the generator's stdout: totals since its process began. */
export const reportSchema = z.object({
  responses: z.number(),
  errors: z.number(),
  timeouts: z.number(),
  lastResponseAt: z.number().optional(),
  busy: z.number(),
  /** Present on the last line of a generator that gave up. */
  gaveUp: z.string().optional(),
});
export type GeneratorReport = z.infer<typeof reportSchema>;
