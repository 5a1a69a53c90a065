import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { ownFrame, ownLocations, shortName } from '../../analysis/model/own-frame.js';
import { counted } from '../../counted.js';
import { allPrintable } from '../../printable.js';
import { findingTitle, headWord } from '../finding/titles.js';
import { escapeMarkdown, markdownCode } from '../markdown.js';
import { adviceOf, foldedLimits, plainSummary, shortPlaces } from './limits.js';
import type { ScreenOptions } from './options.js';

const mostPlaces = 2;

/** Ten lines at most for an incident channel: verdict, place, counts, fix, build ID, and how to see the proof. */
export function channelMarkdown(
  given: Diagnosis,
  { again, answered }: Pick<ScreenOptions, 'again' | 'answered'>,
): string {
  const diagnosis = allPrintable(given);
  const { verdict, findings, groups, process: seen, scope, suspects = [], slow = [] } = diagnosis;
  const [finding] = findings;
  const { total, blocked } = seen.goroutines;
  const counts = `${counted(total, 'goroutine')}, ${blocked.toLocaleString('en-US')} blocked`;
  const program =
    diagnosis.stats.engine === 'dump'
      ? `- dump: ${markdownCode(seen.core)}`
      : `- program: ${markdownCode(nameOf(seen.exe))}, ${escapeMarkdown(seen.goVersion)}, build ID ${markdownCode(seen.buildId === '' ? 'unknown' : seen.buildId)}`;
  const proof = `- proof: ${markdownCode(`${again} --proof`)}`;
  if (finding === undefined) {
    const word = { deadlock: 'deadlock', none: 'no deadlock', unknown: 'undecided' }[verdict];
    const [limit] = [...adviceOf(diagnosis), ...foldedLimits(diagnosis)];
    return linesOf([
      `**${word}**: ${escapeMarkdown(plainSummary(diagnosis))}`,
      `- goroutines: ${counts}`,
      ...suspects.slice(0, mostPlaces).map(({ text }) => `- suspect: ${escapeMarkdown(shortPlaces(text))}`),
      ...slow.slice(0, mostPlaces).map(({ text }) => `- slow: ${escapeMarkdown(shortPlaces(text))}`),
      ...(limit === undefined ? [] : [`- limit: ${escapeMarkdown(limit)}`]),
      program,
      proof,
    ]);
  }
  const { rootCause, victims, certainty, rule, suggestion } = finding;
  const places = new Set(
    rootCause.goroutines.map(({ stack, userLocation }) => {
      const { function: name, file, line } = ownFrame(stack) ?? userLocation;
      return markdownCode(`${shortName(name)} ${nameOf(file)}:${line}`);
    }),
  );
  const objects = new Set(rootCause.resources.map(({ name }) => markdownCode(name)));
  const [most] = ownLocations(groups.filter(({ id }) => victims.groups.includes(id)));
  const where =
    most === undefined ? '' : `, most in ${markdownCode(`${shortName(most.function)}:${most.line}`)}`;
  const others = findings.length - 1;
  return linesOf([
    `**${headWord(finding, scope, answered)}** (${certainty}): ${escapeMarkdown(findingTitle(finding))} ${markdownCode(rule)}`,
    `- where: ${firstOf([...places])}`,
    ...(objects.size === 0 ? [] : [`- object: ${firstOf([...objects])}`]),
    `- blocked behind it: ${counted(victims.goroutines, 'goroutine')}${where}; in all ${counts}`,
    `- fix: ${escapeMarkdown(suggestion)}`,
    ...(others > 0 ? [`- and ${counted(others, 'more finding')}`] : []),
    program,
    proof,
  ]);
}

const linesOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const firstOf = (names: readonly string[]): string =>
  names.slice(0, mostPlaces).join(', ') +
  (names.length > mostPlaces ? ` and ${names.length - mostPlaces} more` : '');
