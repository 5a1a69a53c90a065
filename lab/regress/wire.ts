import { z } from 'zod';
import { labConfigSchema } from '../config.js';
import { builtServerSchema } from '../server/build.js';

/*
 * What a regression and the processes of its cells say to each other: one task as JSON in the arguments, lines of
 * JSON back.
 */

/** How the name of a cell's own folder for temporary files begins. */
export const markPrefix = 'lab-cell-';

const goTool = z.object({
  path: z.string(),
  version: z.string(),
  release: z.object({ text: z.string(), minor: z.number(), patch: z.number() }),
});

export const taskSchema = z.discriminatedUnion('kind', [
  /** The program is driven, captured and diagnosed. */
  z.object({
    kind: z.literal('run'),
    config: labConfigSchema,
    go: goTool,
    delve: z.object({ path: z.string(), version: z.string() }),
    built: builtServerSchema,
  }),
  /** A stored bundle is diagnosed again. */
  z.object({
    kind: z.literal('analyze'),
    scenario: z.string(),
    fixed: z.boolean(),
    exe: z.string(),
    core: z.string(),
    dlv: z.string(),
    sourceMap: z.array(z.object({ from: z.string(), to: z.string() })),
    goRoot: z.string().optional(),
    /** Where the diagnosis is saved. */
    saveTo: z.string(),
  }),
]);

export type Task = z.infer<typeof taskSchema>;

/** What a cell came to, as its process tells it. */
export const outcomeSchema = z.object({
  /** Absent when a stored bundle was analysed. */
  hang: z.object({ kind: z.string(), why: z.string() }).optional(),
  diagnosis: z
    .object({
      verdict: z.enum(['deadlock', 'none', 'unknown']),
      summary: z.string(),
      /** As the executable tells it, for example `go1.26.8`. */
      goVersion: z.string(),
    })
    .optional(),
  verdict: z.enum(['confirmed', 'refuted', 'unknown']),
  summary: z.string(),
  reasons: z.array(z.string()),
  expected: z.string(),
  found: z.string(),
  differences: z.array(z.string()),
  stages: z.record(z.string(), z.number()),
  peakRssBytes: z.number(),
  /** The bundle that was taken. */
  bundle: z.object({ exe: z.string(), core: z.string(), buildId: z.string() }).optional(),
});

export type Outcome = z.infer<typeof outcomeSchema>;

const failure = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });
export type Failure = z.infer<typeof failure>;

export const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('stage'), stage: z.string() }),
  z.object({ type: z.literal('done'), outcome: outcomeSchema }),
  z.object({ type: z.literal('failed'), error: failure, stage: z.string().optional() }),
]);

export type Line = z.infer<typeof lineSchema>;
