import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { isAssertive, placeOf } from '../expectation.js';
import type { HangOutcome } from '../hang/outcome.js';
import type { Scenario } from '../scenarios/scenario.js';

/** What a scenario's manifest says must be found, in one line. */
export function describeExpected(
  { class: kind, subtype, expect }: Pick<Scenario, 'class' | 'subtype' | 'expect'>,
  fixed: boolean,
): string {
  if (fixed) return 'survives, no deadlock';
  const objects = expect.resources.length === 0 ? '' : `, with ${expect.resources.join(' and ')}`;
  const rule = expect.rule === undefined ? '' : ` by ${expect.rule}`;
  return `${kind}/${subtype}${rule} in ${expect.functions.join(' or ')}${objects}`;
}

/** What was found, in one line: the findings that make the verdict, or why there is none. */
export function describeFound(
  diagnosis: Diagnosis | undefined,
  hang?: Pick<HangOutcome, 'kind' | 'why'>,
): string {
  if (diagnosis === undefined) return hang === undefined ? 'nothing' : `${hang.kind}: ${hang.why}`;
  const made = diagnosis.findings.filter(isAssertive);
  if (made.length === 0) return `${diagnosis.verdict}: ${diagnosis.summary}`;
  return made
    .map(({ class: kind, subtype, rule, certainty, rootCause }) => {
      const places = [...new Set(rootCause.goroutines.map(placeOf))].join(' and ');
      const names = [...new Set(rootCause.resources.map(({ name }) => name))].join(' and ');
      return `${kind}/${subtype} by ${rule} (${certainty}) in ${places}, with ${names}`;
    })
    .join('; ');
}
