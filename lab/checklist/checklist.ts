import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Bundle } from '../capture/bundle.js';
import { fixedRows } from './fixed-rows.js';
import type { LoadFacts } from './load-facts.js';
import type { ChecklistRow, Outcome } from './row.js';
import { outcomes } from './row.js';
import { causeRows } from './rows-cause.js';
import { coreRows } from './rows-core.js';
import { outsideRows } from './rows-outside.js';
import type { Quit } from './sigquit.js';
import type { Symptoms } from './symptoms.js';
import type { Walk } from './walk.js';

/** Everything that a run found out; what is absent becomes rows that say so. */
export interface ChecklistInput {
  readonly fixed: boolean;
  /** Line of the server's log that says where it listens. */
  readonly listeningLine?: string | undefined;
  readonly load?: LoadFacts | undefined;
  readonly symptoms?: Symptoms | undefined;
  readonly bundle?: Bundle | undefined;
  readonly quit?: Quit | undefined;
  readonly diagnosis?: Diagnosis | undefined;
  readonly walk?: Walk | undefined;
}

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
