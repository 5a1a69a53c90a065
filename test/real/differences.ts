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
  const names = (word: string, texts: readonly string[]) => named(word, [...said, ...texts]);
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

/** Whether a word stands in a text as a word of its own: every explanation has "Go" in it. */
function named(word: string, texts: readonly string[]): boolean {
  const literal = word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const whole = new RegExp(`(?<!\\w)${literal}(?!\\w)`);
  return texts.some((text) => whole.test(text));
}

/**
 * Whether what a dump makes suspect first is the cause: its finding of an accepted kind, or where there is none the first of
 * the suspects, names a function and an object that are expected.
 */
export function isFirstSuspect({ findings, suspects }: Diagnosis, expected: Expected): boolean {
  const [finding] = findings;
  const [suspect] = suspects ?? [];
  const isMet = (words: readonly string[], texts: readonly string[]) =>
    words.length === 0 || words.some((word) => named(word, texts));
  if (finding === undefined) {
    const texts = [suspect?.text ?? ''];
    return suspect !== undefined && (isMet(expected.objects, texts) || isMet(expected.functions, texts));
  }
  const kind = `${finding.class}/${finding.subtype}`;
  return (
    expected.accept.some(([group, subtype]) => kind === `${group}/${subtype}`) &&
    isMet(expected.functions, [finding.explanation, ...functionsOf(finding)]) &&
    isMet(expected.objects, [finding.explanation, ...finding.rootCause.resources.map(({ name }) => name)])
  );
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

/** Findings of a dump, which are suspected at most: none may be about a program without a fault. */
export const allFindings = ({ findings }: Diagnosis): string[] => findings.map(described);

const described = ({ rule, certainty, explanation }: Finding): string =>
  `${rule}, ${certainty}: ${explanation}`;
