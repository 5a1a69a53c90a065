import { z } from 'zod';
import { shardSchema } from '../shard.js';

/** What became of one cell, as a line of `cells.jsonl` and in `results.json`. */
export const cellResultSchema = z.object({
  id: z.string(),
  scenario: z.string(),
  variant: z.enum(['faulty', 'fixed']),
  /** For example `1.26.8`. */
  go: z.string(),
  /** For example `1.27.2`. */
  delve: z.string(),
  /** `not-applicable`: this Delve does not read what this Go builds; says nothing either way. */
  verdict: z.enum(['confirmed', 'refuted', 'unknown', 'not-applicable']),
  /** One sentence. */
  summary: z.string(),
  /** What broke, or what was seen instead; empty when confirmed. */
  reasons: z.array(z.string()),
  /** Whether the fault showed; null when that was not found out, and when a stored bundle was analysed. */
  hang: z.object({ kind: z.string(), why: z.string() }).nullable(),
  diagnosis: z.object({ verdict: z.enum(['deadlock', 'none', 'unknown']), summary: z.string() }).nullable(),
  expected: z.string(),
  found: z.string(),
  /** Where the diagnosis is not the expected one, one sentence each. */
  differences: z.array(z.string()),
  /** Milliseconds of the whole cell, and of each stage that ended. */
  ms: z.object({ total: z.number(), stages: z.record(z.string(), z.number()) }),
  /** The most memory that the cell's process had, or that process and Delve together when there was a diagnosis. */
  peakRssBytes: z.number().nullable(),
  /** Folder of what is left of it: the bundle when it was not confirmed or is to be kept. */
  folder: z.string().nullable(),
});

export type CellResult = z.infer<typeof cellResultSchema>;

const change = z.object({ id: z.string(), was: z.string(), is: z.string() });

export const comparisonSchema = z.object({
  file: z.string(),
  /** Right before, not now: any of these fails the regression. */
  broken: z.array(change),
  /** Wrong before, right now. */
  mended: z.array(change),
  /** Wrong before and now. */
  stillWrong: z.array(change),
  /** Not in the baseline. */
  unknownToBaseline: z.array(z.string()),
  /** In the baseline, not among the cells of this regression. */
  notRun: z.array(z.string()),
});

export type Comparison = z.infer<typeof comparisonSchema>;

/** `results.json` of a regression and of a saved baseline, schema `lab.regress/1`. Times are ISO 8601, UTC. */
export const resultsSchema = z.object({
  schema: z.literal('lab.regress/1'),
  /** Absolute path of the folder of the regression. */
  dir: z.string(),
  /** `live`: programs were driven; `cores`: stored bundles were analysed. */
  mode: z.enum(['live', 'cores']),
  /** The part of a whole that this is; absent of a whole. */
  shard: shardSchema.optional(),
  startedAt: z.string(),
  endedAt: z.string(),
  /** Milliseconds, without the time before a `--resume`. */
  ms: z.number(),
  lab: z.object({ version: z.string(), gitCommit: z.string().nullable() }),
  machine: z.object({ os: z.string(), arch: z.string(), cpus: z.number(), memoryBytes: z.number() }),
  counts: z.object({
    confirmed: z.number(),
    refuted: z.number(),
    unknown: z.number(),
    'not-applicable': z.number(),
  }),
  exitCode: z.number(),
  baseline: comparisonSchema.nullable(),
  cells: z.array(cellResultSchema),
});

export type Results = z.infer<typeof resultsSchema>;

export function countsOf(cells: readonly Pick<CellResult, 'verdict'>[]): Results['counts'] {
  const count = (verdict: CellResult['verdict']): number =>
    cells.filter((cell) => cell.verdict === verdict).length;
  return {
    confirmed: count('confirmed'),
    refuted: count('refuted'),
    unknown: count('unknown'),
    'not-applicable': count('not-applicable'),
  };
}
