import { expect } from 'chai';
import type { Diagnosis } from '../lab/analysis/model/diagnosis.js';

/**
 * Nothing is found in a healthy program. Where it `mayBeUnclear`, as it looks just like one that hangs, the verdict may
 * be left open, but then it says what nobody was seen to end.
 */
export function expectNothing(
  { verdict, findings, suspects }: Pick<Diagnosis, 'verdict' | 'findings' | 'suspects'>,
  mayBeUnclear: boolean,
): void {
  expect(findings).to.deep.equal([]);
  if (mayBeUnclear && verdict === 'unknown') expect(suspects ?? []).not.to.deep.equal([]);
  else expect(verdict).to.equal('none');
}
