import { resolve } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../json-file.js';
import { type CellResult, type Comparison, cellResultSchema, resultsSchema } from './results.js';

/** What a baseline is read for: a `results.json` has it too. */
const baselineSchema = z.looseObject({
  schema: resultsSchema.shape.schema,
  cells: z.array(
    z.looseObject({
      ...cellResultSchema.pick({ scenario: true, variant: true, go: true, delve: true, verdict: true }).shape,
    }),
  ),
});

type Known = Pick<CellResult, 'scenario' | 'variant' | 'go' | 'delve' | 'verdict'>;
export type Baseline = readonly Known[];

export async function readBaseline(file: string): Promise<Baseline> {
  return (await readJson(resolve(file), baselineSchema, 'make one: npx lab regress --save-baseline FILE'))
    .cells;
}

/** A baseline that is small and stays the same as long as the verdicts do, for keeping in version control. */
export async function saveBaseline(file: string, cells: readonly CellResult[]): Promise<void> {
  const kept = cells
    .map(({ scenario, variant, go, delve, verdict }) => ({ scenario, variant, go, delve, verdict }))
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await writeJson(resolve(file), { schema: resultsSchema.shape.schema.value, cells: kept });
}

/**
 * Cells of now beside those of before. A new patch of Go or of Delve is the same cell: of several in the baseline
 * the one of the very same versions counts, else every one of the same minors, and a cell was right when one of
 * them was.
 */
export function compare(file: string, before: Baseline, now: readonly CellResult[]): Comparison {
  const exact = new Map(before.map((cell) => [keyOf(cell), cell.verdict]));
  const byMinor = new Map<string, Known['verdict']>();
  for (const cell of before) {
    const key = minorKeyOf(cell);
    if (byMinor.get(key) !== 'confirmed') byMinor.set(key, cell.verdict);
  }
  const applicable = now.filter(({ verdict }) => verdict !== 'not-applicable');
  const rows = applicable.flatMap((cell) => {
    const was = exact.get(keyOf(cell)) ?? byMinor.get(minorKeyOf(cell));
    return was === undefined || was === 'not-applicable' ? [] : [{ id: cell.id, was, is: cell.verdict }];
  });
  const known = new Set(rows.map(({ id }) => id));
  const ran = new Set(now.map(minorKeyOf));
  return {
    file,
    broken: rows.filter(({ was, is }) => was === 'confirmed' && is !== 'confirmed'),
    mended: rows.filter(({ was, is }) => was !== 'confirmed' && is === 'confirmed'),
    stillWrong: rows.filter(({ was, is }) => was !== 'confirmed' && is !== 'confirmed'),
    unknownToBaseline: applicable.map(({ id }) => id).filter((id) => !known.has(id)),
    notRun: before
      .filter((cell) => cell.verdict !== 'not-applicable' && !ran.has(minorKeyOf(cell)))
      .map(keyOf),
  };
}

/**
 * 0: all confirmed; 1: one was refuted; 2: none was, but one is unknown. With a baseline 1 when a cell broke; a cell
 * that was wrong before does not count then, and one that the baseline does not know counts as without.
 */
export function exitCodeOf(cells: readonly CellResult[], comparison: Comparison | null): number {
  if (comparison !== null && comparison.broken.length > 0) return 1;
  const forgiven = new Set(comparison?.stillWrong.map(({ id }) => id));
  const verdicts = new Set(cells.filter(({ id }) => !forgiven.has(id)).map(({ verdict }) => verdict));
  if (verdicts.has('refuted')) return 1;
  return verdicts.has('unknown') ? 2 : 0;
}

function keyOf({ scenario, variant, go, delve }: Omit<Known, 'verdict'>): string {
  return `${scenario}-${variant}-go${go}-dlv${delve}`;
}

function minorKeyOf({ go, delve, ...cell }: Omit<Known, 'verdict'>): string {
  return keyOf({ ...cell, go: minorOf(go), delve: minorOf(delve) });
}

function minorOf(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}
