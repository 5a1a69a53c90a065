import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { quoteWord } from '../quote-word.js';

/** How the Delve that read a core is started where it did, quoted for a shell. */
export const delveProgram = (delve: Diagnosis['delve']): string =>
  delve?.path === undefined || delve.onPath ? 'dlv' : quoteWord(delve.path);
