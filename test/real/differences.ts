import type { Diagnosis, Finding } from '../../lab/analysis/model/diagnosis.js';
import { isSure } from '../sure.js';
import type { Expected } from './reported-case.js';

/** In what a diagnosis differs from what is expected of a faulty program, each in a phrase; empty when all is right. */
export function faultyDifferences(diagnosis: Diagnosis, expected: Expected): string[] {
  const { verdict, summary, findings, limits } = diagnosis;
  const differences = verdict === expected.verdict ? [] : [`the verdict is ${verdict}: ${summary}`];
  const [finding] = findings;
  if (finding === undefined) return [...differences, 'nothing is found', ...limits];
  const kind = `${finding.class}/${finding.subtype}`;
  if (!expected.accept.some(([group, subtype]) => kind === `${group}/${subtype}`))
    differences.push(`it is ${kind}`);
  if (expected.rules !== undefined && !expected.rules.includes(finding.rule))
    differences.push(`the rule is ${finding.rule}`);
  const said = [finding.explanation, summary];
  const names = (word: string, texts: readonly string[]) => {
    // As a word of its own: every explanation has "Go" in it.
    const literal = word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    const whole = new RegExp(`(?<!\\w)${literal}(?!\\w)`);
    return [...said, ...texts].some((text) => whole.test(text));
  };
  const functions = functionsOf(finding);
  const objects = finding.rootCause.resources.map(({ name }) => name);
  for (const word of expected.functions)
    if (!names(word, functions)) differences.push(`the function ${word} is not named`);
  for (const word of expected.objects)
    if (!names(word, objects)) differences.push(`the object ${word} is not named, but ${objects.join(', ')}`);
  const { goroutines: victims } = finding.victims;
  if (victims < expected.victimsMin) differences.push(`there are ${victims} victims`);
  return differences.length === 0 ? [] : [...differences, `the first finding: ${described(finding)}`];
}

function functionsOf({ rootCause }: Finding): string[] {
  return rootCause.goroutines.flatMap((one) => {
    const { currentLocation, userLocation, startLocation, goStatementLocation, stack } = one;
    const places = [currentLocation, userLocation, startLocation, goStatementLocation, ...stack];
    return places.map((place) => place.function);
  });
}

/** Findings that accuse a program without a fault. */
export function falseAlarms({ findings }: Diagnosis): string[] {
  return findings.filter(isSure).map(described);
}

const described = ({ rule, certainty, explanation }: Finding): string =>
  `${rule}, ${certainty}: ${explanation}`;
