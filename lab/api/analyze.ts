import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { compareLooks } from '../compare/compare.js';
import type { Comparison, Look } from '../compare/model.js';
import { requireComparable } from '../compare/one-process.js';
import type { AnalyzeOptions, LookInput } from './inputs.js';
import { lastOf, looksOf } from './look.js';

/**
 * Diagnoses a core or a goroutine dump, of several in one text the last. What it returns is what `lab analyze --json`
 * prints. Throws a `LabError`, whose `code` says what is wrong and whose `hint` what to do: `usage` for files
 * that are damaged or do not belong together, `missing-tool`, `undecided`, `interrupted`.
 */
export async function analyze(input: LookInput, options: AnalyzeOptions = {}): Promise<Diagnosis> {
  return lastOf(await looksOf(input, options)).diagnosis;
}

/**
 * Compares looks at one process, cores and dumps mixed: who stood still, and what grew; or cores of several instances, one
 * of each. What it returns is what
 * `lab compare --json` prints. Throws as {@link analyze} does, and `usage` for fewer than two looks or for looks at
 * different programs.
 */
export async function compare(
  inputs: readonly LookInput[],
  options: AnalyzeOptions = {},
): Promise<Comparison> {
  const looks: Look[] = [];
  // One after the other: what was unpacked of a core is gone before the next one is.
  for (const input of inputs) looks.push(...(await looksOf(input, options)));
  requireComparable(looks);
  return compareLooks(looks);
}
