import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Bundle } from '../capture/bundle.js';
import type { LoadFacts } from './load-facts.js';
import type { Quit } from './sigquit.js';
import type { Symptoms } from './symptoms.js';
import type { Walk } from './walk-record.js';

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
