import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { proofText } from './proof.js';
import { type ScreenOptions, screenText } from './screen.js';
import { stacksText } from './stacks.js';

export interface Wanted {
  /** Each claim with its commands. */
  readonly proof?: boolean;
  /** All stacks and tables. */
  readonly verbose?: boolean;
}

/** A diagnosis as text: the first screen, and below it what was asked for. */
export function diagnosisText(
  diagnosis: Diagnosis,
  options: ScreenOptions,
  { proof = false, verbose = false }: Wanted = {},
): string {
  return [
    screenText(diagnosis, options),
    ...(proof ? [proofText(diagnosis, options)] : []),
    ...(verbose ? [stacksText(diagnosis, options)] : []),
  ]
    .filter((part) => part !== '')
    .join('\n');
}
