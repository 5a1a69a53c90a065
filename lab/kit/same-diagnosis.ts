import type { Diagnosis } from '../analysis/model/diagnosis.js';

export interface Comparison {
  /** Where the two differ, as paths; none when both say the same. */
  readonly differences: readonly string[];
  /** Values of variables that the slimmed core does not have: strings, and numbers that may be data. */
  readonly valuesLeftOut: number;
}

/** What may differ: figures of the analysis itself, and where the files lie. */
const incidental = /^\.(?:stats|process\.(?:exe|core))(?:\.|$)/;
/** What a goroutine of the root cause has in its variables; of the service, not of the diagnosis. */
const values = /^\.findings\.\d+\.rootCause\.goroutines\.\d+\.stack\.\d+\.variables\.\d+\.value$/;
const texts = /^\.findings\.\d+\.evidence\.\d+\.text$/;
const quoted = /"(?:\\.|[^"\\])*(?:"(?:\.\.\.)?|$)/g;

/** Compares the diagnosis of a core with that of the core slimmed. */
export function compareDiagnoses(whole: Diagnosis, slimmed: Diagnosis): Comparison {
  const differences: string[] = [];
  let valuesLeftOut = 0;
  const compare = (a: unknown, b: unknown, path: string): void => {
    if (incidental.test(path) || Object.is(a, b)) return;
    if (isObject(a) && isObject(b) && Array.isArray(a) === Array.isArray(b)) {
      const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
      for (const key of new Set([...left.keys(), ...right.keys()])) {
        compare(left.get(key), right.get(key), `${path}.${key}`);
      }
    } else if (typeof a === 'string' && typeof b === 'string' && isLeftOut(a, b, path)) valuesLeftOut += 1;
    else differences.push(path.slice(1));
  };
  compare(whole, slimmed, '');
  return { differences, valuesLeftOut };
}

function isLeftOut(whole: string, slimmed: string, path: string): boolean {
  if (values.test(path)) return true;
  if (!texts.test(path) || !slimmed.includes('\\u0000')) return false;
  const [all, left] = [whole.replace(quoted, '""'), slimmed.replace(quoted, '""')];
  // Zeros are spelled with six letters each: a list of strings may be cut before its end.
  return slimmed.endsWith('...') ? all.startsWith(left) : all === left;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
