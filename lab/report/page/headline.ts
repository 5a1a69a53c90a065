import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { findingTitle } from '../finding/titles.js';

const mostWords = 12;
const longest = 160;

/** What is wrong, in twelve words at most; `otherwise` is said where there is no diagnosis. */
export function headlineOf(diagnosis: Diagnosis | undefined, otherwise: string): string {
  const [finding] = diagnosis?.findings ?? [];
  if (diagnosis === undefined) return inWords(otherwise);
  if (finding !== undefined) return inWords(capital(findingTitle(finding)));
  if (diagnosis.verdict === 'none') return 'No goroutine is stuck for ever';
  const [suspect] = diagnosis.suspects ?? [];
  if (suspect === undefined) return 'It is unclear who could end some waits';
  // `a lock: 3 goroutines wait in main.(*desk).lock (main.go:28); could not be decided: ...`
  const where = /\d[\d,]* goroutines? waits? in \S+/.exec(suspect.text)?.[0];
  return where === undefined ? `First look at ${suspect.group}` : inWords(`First look where ${where}`);
}

function inWords(text: string): string {
  const words = text.split(/\s+/);
  const kept = words.slice(0, mostWords).join(' ');
  const comma = kept.lastIndexOf(',');
  const whole = words.length <= mostWords ? text : comma > 20 ? kept.slice(0, comma) : `${kept} …`;
  return whole.length > longest ? `${whole.slice(0, longest - 1)}…` : whole;
}

const capital = (text: string): string =>
  /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
