import type { Diagnosis, Finding } from '../../analysis/model/diagnosis.js';
import { ownLocations, shortName } from '../../analysis/model/own-frame.js';
import { counted } from '../../counted.js';
import { allPrintable } from '../../printable.js';
import { behindText } from '../finding/behind.js';
import { chainLines, chainsOf } from '../finding/chains.js';
import { marksOf } from '../finding/marks.js';
import { findingKind, findingTitle, headWord } from '../finding/titles.js';
import { clipEnd, columnsIn, glued, padTo, wrap } from '../wrap.js';
import { excerptLines, placeText } from './excerpt.js';
import { adviceOf, foldedLimits, plainSummary, shortPlaces } from './limits.js';
import type { ScreenOptions } from './options.js';

/** Lines that a screen should not have more of, at 80 columns. */
const tallest = 25;
/** Prose is hard to read in longer lines. */
const widestProse = 100;
const mostAlso = 3;
const mostPlaces = 8;
const mostSuspects = 5;
const mostSlow = 3;

/** The answer on one screen: what is wrong, where, what to do; everything else is behind options. */
export function screenText(given: Diagnosis, options: ScreenOptions): string {
  const diagnosis = allPrintable(given);
  const [finding] = diagnosis.findings;
  const blocks = (marks: number): string[][] => [
    headLines(diagnosis, options),
    ...(finding === undefined
      ? [
          suspectLines(diagnosis, options),
          slowLines(diagnosis, options),
          [...placeLines(diagnosis, options), ...outlookLines(diagnosis, options)],
        ]
      : findingBlocks(finding, diagnosis, options, marks)),
    limitLines(diagnosis, options),
    footLines(diagnosis, options),
    [...(options.closing ?? [])],
  ];
  for (const marks of [4, 3, 2, 1]) {
    const lines = joined(blocks(marks));
    if (lines.length <= tallest || marks === 1) return `${lines.join('\n')}\n`;
  }
  return '';
}

const joined = (blocks: readonly (readonly string[])[]): string[] =>
  blocks.filter(({ length }) => length > 0).flatMap((block, i) => (i === 0 ? block : ['', ...block]));

function headLines(diagnosis: Diagnosis, { palette: p, columns, answered }: ScreenOptions): string[] {
  const { verdict, findings, scope } = diagnosis;
  const [finding] = findings;
  if (finding === undefined) {
    const head = {
      none: p.green('no deadlock'),
      unknown: p.yellow('undecided'),
      deadlock: p.red('deadlock'),
    };
    return wrap(`${p.bold(head[verdict])}: ${plainSummary(diagnosis)}`, proseAt(columns, ''));
  }
  const kind = headWord(finding, scope, answered);
  const paint = kind === 'undecided' ? p.yellow : p.red;
  const head = `${p.bold(paint(`${kind}[${finding.rule}]`))}: ${p.bold(findingTitle(finding))}`;
  const { certainty } = finding;
  const room = Math.min(columns, widestProse);
  if (columnsIn(head) + 2 + certainty.length <= room) {
    return [padTo(head, room - certainty.length) + p.dim(certainty)];
  }
  return wrap(`${head} ${p.dim(`(${certainty})`)}`, { width: columns, indent: '  ', first: '' });
}

function findingBlocks(
  finding: Finding,
  diagnosis: Diagnosis,
  options: ScreenOptions,
  most: number,
): string[][] {
  const { palette: p, columns } = options;
  const marks = marksOf(finding, diagnosis);
  const chains = chainsOf(finding, diagnosis.groups).slice(0, most < 3 ? 1 : 2);
  return [
    excerptLines(marks.slice(0, most), options),
    [
      ...chains.flatMap((chain) => chainLines(chain, columns, '  ')),
      ...behindLines(finding, diagnosis, options),
    ],
    [
      ...labelled('fix', lowerFirst(finding.suggestion), p.green, columns),
      ...whyLines(finding, diagnosis.stats.engine, options),
      ...alsoLines(diagnosis, options),
      ...slowLines(diagnosis, options).slice(0, 3),
    ],
  ];
}

function behindLines(finding: Finding, { groups }: Diagnosis, { columns }: ScreenOptions): readonly string[] {
  const text = behindText(finding, groups);
  return text === '' ? [] : wrap(text, proseAt(columns, '  '));
}

/** What keeps a finding from being proved, in a sentence. */
function whyLines(
  { certainty, evidence, explanation, rule }: Finding,
  engine: Diagnosis['stats']['engine'],
  { palette: p, columns }: ScreenOptions,
): string[] {
  if (certainty === 'strong') {
    const reached = evidence.some(
      ({ kind, text }) => kind === 'reachability' && /can still reach/.test(text),
    );
    if (!reached) return [];
    const why = 'inferred from source: live goroutines still reach it';
    return labelled('why only strong', why, p.dim, columns);
  }
  if (certainty !== 'suspected') return [];
  const open = evidence
    .map(({ text }) => /Not excluded: (.*)$/.exec(text)?.[1])
    .find((text) => text !== undefined);
  const told =
    rule === 'busy-wait'
      ? / in each of \d+ looks/.test(explanation)
        ? 'it was there in every look, and may yet be let go'
        : 'one look does not tell how long it has been running: add --looks 3 to --pid'
      : engine === 'dump'
        ? 'a dump does not show which object each goroutine means; a core does'
        : `something outside may still end the wait: see --proof and --explain ${rule}`;
  const why = open ?? told;
  return labelled('why only suspected', firstOf(why), p.dim, columns);
}

/** The first of several reasons, and how many more there are. */
function firstOf(reasons: string): string {
  const [first = '', ...more] = reasons.split('; ');
  return more.length === 0 ? first : `${first}; and ${more.length} more`;
}

function alsoLines({ findings, scope }: Diagnosis, { palette: p, columns }: ScreenOptions): string[] {
  const others = findings.slice(1);
  const shown = others.slice(0, mostAlso).flatMap((finding) => {
    const head = `${findingKind(finding, scope)}[${finding.rule}]: ${findingTitle(finding)}`;
    return [clipEnd(`  ${p.bold('also')} ${head} (${finding.certainty})`, columns)];
  });
  const rest = others.length - shown.length;
  return rest > 0 ? [...shown, `  and ${counted(rest, 'more finding')}: --proof`] : shown;
}

function suspectLines({ suspects = [] }: Diagnosis, { palette: p, columns }: ScreenOptions): string[] {
  if (suspects.length === 0) return [];
  const rows = suspects
    .slice(0, mostSuspects)
    .flatMap(({ group, text }) =>
      wrap(`${p.cyan(group)} ${shortPlaces(text)}`, { ...proseAt(columns, '      '), first: '    ' }),
    );
  return [p.bold('  prime suspects'), ...rows];
}

/** Who is held up by something outside of the program. */
function slowLines({ slow = [] }: Diagnosis, { palette: p, columns }: ScreenOptions): string[] {
  return slow
    .slice(0, mostSlow)
    .flatMap(({ text }) => labelled('slow', shortPlaces(text), p.yellow, columns));
}

/** Where goroutines are, when there is nothing more to tell. */
function placeLines(
  { groups, verdict }: Diagnosis,
  { palette: p, columns, ...how }: ScreenOptions,
): string[] {
  const own = groups.filter(({ startLocation }) => !/^runtime\.(?!main$)/.test(startLocation.function));
  const rows = ownLocations(own);
  if (rows.length === 0) return [];
  const shown = rows.slice(0, verdict === 'none' ? mostPlaces : mostPlaces - 2);
  const digits = Math.max(...shown.map(({ count }) => count.toLocaleString('en-US').length));
  const lines = shown.map((row) => {
    const count = row.count.toLocaleString('en-US').padStart(digits);
    return clipEnd(`  ${count}  ${shortName(row.function)}  ${p.dim(placeText(row, how))}`, columns);
  });
  const rest = rows.slice(shown.length).reduce((sum, { count }) => sum + count, 0);
  return [...lines, ...(rest > 0 ? [`  ${rest.toLocaleString('en-US').padStart(digits)}  elsewhere`] : [])];
}

const outlookWords = {
  ends: 'will end',
  idle: 'idle',
  stuck: 'stuck',
  unclear: 'unclear',
  spinning: 'spinning',
} as const;

/** What becomes of all the waits, where that was looked at. */
function outlookLines({ groups }: Diagnosis, { columns }: ScreenOptions): string[] {
  const counts = Object.entries(outlookWords).flatMap(([kind, word]) => {
    const count = groups.reduce((sum, { outlook, count: own }) => sum + (outlook === kind ? own : 0), 0);
    return count === 0 ? [] : [`${count.toLocaleString('en-US')} ${word}`];
  });
  return counts.length === 0 ? [] : wrap(`waits: ${counts.join(', ')}`, proseAt(columns, '  '));
}

/** Advice first, then what was not decided, equal lines folded. */
function limitLines(diagnosis: Diagnosis, { palette: p, columns }: ScreenOptions): string[] {
  const advice = adviceOf(diagnosis);
  const most = diagnosis.verdict === 'unknown' && diagnosis.findings.length === 0 ? 3 : 1;
  const limits = foldedLimits(diagnosis);
  const shown = limits.slice(0, most);
  const rest = limits.length - shown.length;
  return [
    ...advice.flatMap((text) => labelled('do', text, p.green, columns)),
    ...shown.flatMap((text) =>
      clipLines(labelled('limit', shortPlaces(text), p.yellow, columns), 3, columns),
    ),
    ...(rest > 0 ? [`  and ${counted(rest, 'more limit')}: --proof`] : []),
  ];
}

function clipLines(lines: readonly string[], most: number, columns: number): readonly string[] {
  if (lines.length <= most) return lines;
  const last = lines[most - 1] ?? '';
  return [
    ...lines.slice(0, most - 1),
    columnsIn(last) + 4 > columns ? `${last.slice(0, -4)} ...` : `${last} ...`,
  ];
}

function footLines(
  { process: seen, verdict, stats, fingerprint }: Diagnosis,
  options: ScreenOptions,
): string[] {
  const { palette: p, columns, again, page, closing } = options;
  const { total, blocked } = seen.goroutines;
  const build = seen.buildId === '' ? '' : `, build ID ${seen.buildId.slice(0, 12)}`;
  const what =
    stats.engine === 'dump' ? 'a goroutine dump' : `${seen.goVersion} ${seen.os}/${seen.arch}${build}`;
  const same = fingerprint === undefined ? '' : `; fingerprint ${fingerprint}`;
  const facts = `${what}; ${counted(total, 'goroutine')}, ${blocked.toLocaleString('en-US')} blocked${same}`;
  const [word, option] = verdict === 'none' ? ['stacks', '--verbose'] : ['proof', '--proof'];
  const proof = `  ${p.bold(word.padEnd(5))}  ${again} ${option}`;
  const shown = page === undefined ? undefined : `${p.bold('page')}   ${page}`;
  const together = shown !== undefined && columnsIn(proof) + 4 + columnsIn(shown) <= columns;
  return [
    ...(together ? [`${proof}    ${shown}`] : [proof, ...(shown === undefined ? [] : [`  ${shown}`])]),
    ...(closing === undefined ? wrap(facts, proseAt(columns, '  ')).map(p.dim) : []),
  ];
}

function labelled(label: string, text: string, paint: (text: string) => string, columns: number): string[] {
  const head = paint(`${label}  `.replaceAll(' ', glued));
  return wrap(head + text, { ...proseAt(columns, '       '), first: '  ' });
}

/** As it stands behind a label. */
const lowerFirst = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;

const proseAt = (columns: number, indent: string) => ({
  width: Math.min(columns, widestProse),
  indent,
  whole: true,
});
