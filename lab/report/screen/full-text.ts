import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import type { WantedLabel } from '../labels-text.js';
import { leakProfileText } from './leak-profile.js';
import type { ScreenOptions } from './options.js';
import { proofText } from './proof.js';
import { screenText } from './screen.js';
import { severalText } from './several.js';
import { labelledText, stacksText } from './stacks.js';

export interface Wanted {
  /** Each claim with its commands. */
  readonly proof?: boolean;
  /** All stacks and tables. */
  readonly verbose?: boolean;
  /** Stacks of goroutines with this label. */
  readonly label?: WantedLabel | undefined;
}

/** A diagnosis as text: the first screen, and below it what was asked for, a leak profile that was given among it. */
export function diagnosisText(
  diagnosis: Diagnosis,
  options: ScreenOptions,
  { proof = false, verbose = false, label }: Wanted = {},
): string {
  return [
    screenText(diagnosis, options),
    severalText(diagnosis, options),
    leakProfileText(diagnosis, options),
    ...(proof ? [proofText(diagnosis, options)] : []),
    ...(verbose ? [stacksText(diagnosis, options, label)] : []),
    ...(label !== undefined && !verbose ? [labelledText(diagnosis, options, label)] : []),
  ]
    .filter((part) => part !== '')
    .join('\n');
}
