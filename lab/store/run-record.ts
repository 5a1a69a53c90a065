import { z } from 'zod';
import { labConfigSchema } from '../config.js';

const stageRecord = z.object({
  /** `killed`: it says that it runs, and the lab that ran it is gone. Found when the run is opened, saved with the next change. */
  state: z.enum(['running', 'done', 'failed', 'interrupted', 'killed']),
  startedAt: z.string(),
  /** The lab that runs it, as long as it does; absent in runs of older versions. */
  by: z.object({ pid: z.number().int(), startTicks: z.number() }).optional(),
  /** Absent while it runs, and when the process that ran it was killed. */
  ms: z.number().optional(),
  /** While it runs, what is known already. */
  result: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
});

const conclusion = z.object({
  verdict: z.enum(['confirmed', 'refuted', 'unknown']),
  /** The verdict as people read it; absent in runs of older versions of the lab. */
  outcome: z.enum(['as-expected', 'different', 'inconclusive']).optional(),
  exitCode: z.number().int(),
  /** One sentence. */
  summary: z.string(),
  /** What was expected and not found, in words; empty when confirmed. */
  reasons: z.array(z.string()),
});

/** `run.json`: what a run was asked to do, on what, and how far each stage came. Times are ISO 8601, UTC. */
export const runRecordSchema = z.object({
  schema: z.literal('lab.run/1'),
  id: z.string(),
  createdAt: z.string(),
  config: labConfigSchema,
  versions: z.record(z.string(), z.string()),
  machine: z.object({ os: z.string(), arch: z.string(), cpus: z.number(), memoryBytes: z.number() }),
  gitCommit: z.string().nullable(),
  stages: z.record(z.string(), stageRecord),
  conclusion: conclusion.nullable(),
});

export type RunRecord = z.infer<typeof runRecordSchema>;
export type StageRecord = z.infer<typeof stageRecord>;
export type Conclusion = z.infer<typeof conclusion>;

/** The result that a stage left; `undefined` when it is not done, or left something of another shape. */
export function stageResult<S extends z.ZodType>(
  stage: StageRecord | undefined,
  schema: S,
): z.infer<S> | undefined {
  const parsed = schema.safeParse(stage?.result);
  return stage?.state === 'done' && parsed.success ? parsed.data : undefined;
}
