import type { Diagnosis, Finding } from '../../analysis/model/diagnosis.js';
import { ownLocations, shortName } from '../../analysis/model/own-frame.js';
import { counted, number } from '../../counted.js';

/** How many goroutines are blocked behind a finding, and where most of them stand; empty where nobody is. */
export function behindText({ victims }: Pick<Finding, 'victims'>, groups: Diagnosis['groups']): string {
  if (victims.goroutines === 0) return '';
  const theirs = ownLocations(groups.filter(({ id }) => victims.groups.includes(id)));
  const [most] = theirs;
  const verb = victims.goroutines === 1 ? 'is' : 'are';
  const count = Math.min(most?.count ?? 0, victims.goroutines);
  const those =
    most === undefined
      ? ''
      : theirs.length === 1
        ? `, in ${shortName(most.function)}:${most.line}`
        : `, ${number(count)} of them in ${shortName(most.function)}:${most.line}`;
  return `${counted(victims.goroutines, 'goroutine')} ${verb} blocked behind it${those}`;
}
