import type { Finding } from '../lab/analysis/model/diagnosis.js';

/**
 * Certain enough for a verdict. Which of the two it is depends on what happens to lie on live stacks: a leftover
 * there may still lead to an object that nothing uses.
 */
export const isSure = (finding: Pick<Finding, 'certainty'>): boolean =>
  finding.certainty === 'strong' || finding.certainty === 'proved';
