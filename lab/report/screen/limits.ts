import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { wrap } from '../wrap.js';
import type { ScreenOptions } from './options.js';

/** What would make the answer better, in the imperative: before anything else that limits it. */
export function adviceOf({ limits, summary }: Pick<Diagnosis, 'limits' | 'summary'>): string[] {
  const advice: string[] = [];
  if ([summary, ...limits].some((text) => /\bis stripped\b|no debug information/.test(text))) {
    advice.push('pass the unstripped executable of the same build with `--exe`');
  }
  if (limits.some((text) => text.includes('one of them may be damaged'))) {
    advice.push('copy both files again from where the process ran, or build the same commit once more');
  }
  const missing = limits.find(isMissingSources);
  if (missing !== undefined) {
    const [, first = ''] = /not found, (\S+) among them/.exec(missing) ?? [];
    const from = first.slice(0, Math.max(0, first.lastIndexOf('/'))) || 'FROM';
    const [option = `--source-map ${from}=DIR`] = /--source-map \S+=DIR|--go-root DIR/.exec(missing) ?? [];
    const where = /DIR(, where DIR has .*?)\.(?:\s|$)/.exec(missing)?.[1] ?? '';
    advice.push(`say where the sources are now: \`${option}\`${where}`);
  }
  return advice;
}

/** A summary without the word that stands before it, and without what the advice and the suspects say. */
export function plainSummary({ summary, suspects = [] }: Pick<Diagnosis, 'summary' | 'suspects'>): string {
  const [first] = suspects;
  return shortPlaces(first === undefined ? summary : summary.replace(`: ${first.text}`, ''))
    .replace(/^(?:Undecided|No deadlock found): /, '')
    .replace(/ Pass the unstripped executable.*$/, '');
}

/** A text with its files by their names alone. */
export const shortPlaces = (text: string): string =>
  text.replace(/(?<![\w.])\/[^\s():;,]*\/([\w.-]+\.(?:go|s):\d+)/g, '$1');

const isMissingSources = (limit: string): boolean => /source files? (?:was|were) not found/.test(limit);

/** The limits without those that the advice tells; equal ones, numbers and addresses aside, are one with a count. */
export function foldedLimits({ limits, suspects = [] }: Pick<Diagnosis, 'limits' | 'suspects'>): string[] {
  const alike = new Map<string, { readonly text: string; count: number }>();
  for (const text of limits) {
    if (isMissingSources(text) || suspects.some((one) => text.includes(one.text))) continue;
    const key = text.replace(/0x[0-9a-f]+|\d+/g, '#');
    const known = alike.get(key) ?? { text, count: 0 };
    known.count += 1;
    alike.set(key, known);
  }
  return [...alike.values()].map(({ text, count }) =>
    count === 1 ? text : `${text.replace(/\.$/, '')} (and ${count - 1} more like it)`,
  );
}

/** All limits, the advice first. */
export function limitList(
  diagnosis: Diagnosis,
  { palette: p, columns }: Pick<ScreenOptions, 'palette' | 'columns'>,
): string[] {
  const item = (text: string): string[] =>
    wrap(`- ${text}`, { width: columns, first: '  ', indent: '    ', whole: true });
  const missing = diagnosis.limits.filter(isMissingSources);
  const lines = [...adviceOf(diagnosis), ...missing, ...foldedLimits(diagnosis)].flatMap(item);
  return lines.length === 0 ? [] : [p.bold('Limits'), ...lines];
}
