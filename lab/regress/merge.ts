import { resolve } from 'node:path';
import { readJson } from '../json-file.js';
import { requireWhole } from '../shard.js';
import { type Baseline, compare, exitCodeOf } from './baseline.js';
import { type CellResult, countsOf, type Results, resultsSchema } from './results.js';

/**
 * Puts the parts of a regression together, in the order that the cells would have had in one. Throws `usage` when a part
 * is missing.
 */
export async function mergeResults(
  files: readonly string[],
  baseline: { readonly file: string; readonly cells: Baseline } | undefined,
): Promise<Results> {
  const parts: { name: string; shard: NonNullable<Results['shard']> | null; results: Results }[] = [];
  for (const file of files) {
    const hint = 'make it: npx lab regress --shard I/N --json > FILE';
    const results = await readJson(resolve(file), resultsSchema, hint);
    parts.push({ name: file, shard: results.shard ?? null, results });
  }
  requireWhole(parts);
  const ordered = parts
    .toSorted((a, b) => (a.shard?.index ?? 0) - (b.shard?.index ?? 0))
    .map(({ results }) => results);
  const [first] = ordered as [Results, ...Results[]];
  const { shard: _, ...whole } = first;
  const cells = dealtBack(ordered.map((part) => part.cells));
  const comparison = baseline === undefined ? null : compare(baseline.file, baseline.cells, cells);
  return {
    ...whole,
    startedAt: ordered.map(({ startedAt }) => startedAt).sort()[0] ?? first.startedAt,
    endedAt:
      ordered
        .map(({ endedAt }) => endedAt)
        .sort()
        .at(-1) ?? first.endedAt,
    ms: Math.max(...ordered.map(({ ms }) => ms)),
    counts: countsOf(cells),
    exitCode: exitCodeOf(cells, comparison),
    baseline: comparison,
    cells,
  };
}

/** Cells were dealt to the parts one after the other. */
function dealtBack(parts: readonly (readonly CellResult[])[]): CellResult[] {
  const longest = Math.max(0, ...parts.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => parts.flatMap((part) => part[i] ?? [])).flat();
}
