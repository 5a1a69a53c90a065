import type { Check, Word } from '../word.js';
import { answer } from './answer.js';
import { coreExists } from './core.js';
import { delveListening } from './delve.js';
import { executable } from './executable.js';
import { fileHas, goroutineList } from './files.js';
import { looks } from './looks.js';
import { repairSurvives } from './repair.js';
import { ruleHolds } from './rule.js';
import { serverEnded, serverHung, serverRuns } from './server.js';

/** Every check that a step may ask for. */
export const checks: readonly Word<Check>[] = [
  executable,
  serverRuns,
  serverHung,
  serverEnded,
  coreExists,
  delveListening,
  goroutineList,
  fileHas,
  answer,
  looks,
  repairSurvives,
  ruleHolds,
];
