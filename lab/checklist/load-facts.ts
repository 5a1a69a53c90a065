import { z } from 'zod';
import { epochMs } from '../clock.js';
import type { HangOutcome } from '../hang/outcome.js';

/** What came of the load. Times are milliseconds. */
export const loadFactsSchema = z.object({
  /** `autocannon`, `wrk`. */
  driver: z.string(),
  /** The hardest step taken, and how many were. */
  step: z.object({ connections: z.number(), pipelining: z.number(), workers: z.number() }),
  steps: z.number().int(),
  responses: z.number(),
  /** How long the load ran. */
  ms: z.number(),
  /** Since the load began, until the last answer; `null` when the server never hung. */
  hungAfterMs: z.number().nullable(),
  health: z.enum(['healthy', 'slow', 'hung-idle', 'hung-busy', 'paused', 'crashed', 'refused']),
  /** Milliseconds of the Unix epoch when the last connection of the load was closed. */
  endedAt: z.number(),
});

export type LoadFacts = z.infer<typeof loadFactsSchema>;

/** The facts of an outcome; `undefined` when no load was run, or not a single step of it. */
export function loadFacts(outcome: HangOutcome): LoadFacts | undefined {
  const { load } = outcome;
  const last = load?.steps.at(-1);
  if (load === undefined || last === undefined) return undefined;
  const hung = outcome.kind === 'hung';
  const answers = outcome.kind === 'leaked' || outcome.kind === 'stalled';
  const endedAt = (hung ? outcome.afterLoad[0]?.at : undefined) ?? epochMs();
  return {
    driver: load.driver,
    step: last.step,
    steps: load.steps.length,
    responses: load.last?.responses ?? 0,
    ms: Math.round(endedAt - load.startedAt),
    hungAfterMs: hung ? Math.round((outcome.lastByteAt ?? load.startedAt) - load.startedAt) : null,
    health: hung || outcome.kind === 'no-hang' ? outcome.health : answers ? 'healthy' : outcome.kind,
    endedAt: Math.round(endedAt),
  };
}
