import { fixedRows } from './fixed-rows.js';
import type { ChecklistInput } from './input.js';
import type { ChecklistRow, Outcome } from './row.js';
import { outcomes } from './row.js';
import { causeRows } from './rows-cause.js';
import { coreRows } from './rows-core.js';
import { outsideRows } from './rows-outside.js';

/**
 * Every observable claim of the article as a row, in the article's order. For the repaired twin a shorter
 * list: the same load, and nothing of all that.
 */
export function checklist(input: ChecklistInput): ChecklistRow[] {
  if (input.fixed) return fixedRows(input);
  return [...outsideRows(input), ...coreRows(input), ...causeRows(input)];
}

/** Whether the checklist leaves a run's exit code as it is: no row fails. */
export function checklistExitOk(rows: readonly ChecklistRow[]): boolean {
  return rows.every(({ outcome }) => outcome !== 'fails');
}

export function countOutcomes(rows: readonly ChecklistRow[]): Record<Outcome, number> {
  const counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const { outcome } of rows) counts[outcome] += 1;
  return counts;
}
