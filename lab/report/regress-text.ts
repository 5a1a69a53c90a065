import { basename } from 'node:path';
import Table from 'cli-table3';
import type { Colors } from 'picocolors/types.js';
import type { CellResult, Comparison, Results } from '../regress/results.js';
import { shorten, textWidth, wrap } from './wrap.js';

type Verdict = CellResult['verdict'];

/** How a verdict is said in a table. */
export const verdictWords: Readonly<Record<Verdict, string>> = {
  confirmed: 'as expected',
  refuted: 'DIFFERENT',
  unknown: 'inconclusive',
  'not-applicable': 'n/a',
};

export interface RegressTextOptions {
  readonly colours: Colors;
  /** Columns of the terminal. */
  readonly width?: number;
}

/** The end of a regression for a person: the table, what is not as expected, the comparison, the files. */
export function regressText(results: Results, { colours, width = textWidth }: RegressTextOptions): string {
  const paint = painter(colours);
  const ran = results.cells.filter(({ verdict }) => verdict !== 'not-applicable');
  const pairs = pairsOf(ran);
  const table = pairs.length === 1 ? onePair(ran, paint, width) : manyPairs(ran, pairs, paint, width);
  const [only] = pairs;
  const title = pairs.length === 1 && only !== undefined ? [`Go ${only.go}, Delve ${only.delve}`] : [];
  return [
    ...title,
    ...table,
    ...results.cells.filter(isWrong).flatMap((cell) => ['', ...difference(cell, paint)]),
    ...notApplicable(results.cells),
    ...(results.baseline === null ? [] : ['', ...comparisonLines(results.baseline)]),
    '',
    countsLine(results),
    `results: ${results.dir}`,
  ].join('\n');
}

/** One line: how many of what, and how long it took. */
export function countsLine({ counts, ms }: Pick<Results, 'counts' | 'ms'>): string {
  const parts = (['confirmed', 'refuted', 'unknown', 'not-applicable'] as const)
    .filter((verdict) => verdict === 'confirmed' || counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${verdictWords[verdict].toLowerCase()}`);
  return `${parts.join(', ')} in ${seconds(ms)}`;
}

/** One cell in one line of at most `width` columns. */
export function cellLine(cell: CellResult, width = textWidth): string {
  const time = cell.verdict === 'not-applicable' ? '' : ` ${seconds(cell.ms.total)}`;
  const head = `${verdictWords[cell.verdict].padEnd(12)} ${cell.id}${time}`;
  const rest = cell.verdict === 'confirmed' ? '' : `: ${cell.summary.replaceAll(/\s+/g, ' ')}`;
  const line = head + rest;
  return line.length <= width
    ? line
    : `${line.slice(0, Math.max(head.length, width - 3))}...`.slice(0, width);
}

/** What was expected of a cell and what was found, with where it lies. */
function difference(cell: CellResult, paint: Paint): string[] {
  const indent = '  ';
  const named = (name: string, text: string): string[] =>
    wrap(text, { indent: `${indent}          `, first: `${indent}${name.padEnd(10)}` });
  return [
    `${paint(cell.verdict, verdictWords[cell.verdict])} ${cell.id}`,
    ...wrap(cell.summary, { indent }),
    ...named('expected', cell.expected),
    ...named('found', cell.found),
    ...[...new Set([...cell.differences, ...cell.reasons])].flatMap((line) => named('', line)),
    ...(cell.folder === null ? [] : [`${indent}folder    ${cell.folder}`]),
  ];
}

export interface Pair {
  readonly go: string;
  readonly delve: string;
}

/** The pairs of tools of a regression, in their order. */
export function pairsOf(cells: readonly CellResult[]): readonly Pair[] {
  const pairs = new Map(cells.map(({ go, delve }) => [`${go} ${delve}`, { go, delve }]));
  return [...pairs.values()];
}

/** The cells of each program, in their order. */
export function programsOf(cells: readonly CellResult[]): ReadonlyMap<string, readonly CellResult[]> {
  const programs = new Map<string, CellResult[]>();
  for (const cell of cells) {
    const name = `${cell.scenario} ${cell.variant}`;
    programs.set(name, [...(programs.get(name) ?? []), cell]);
  }
  return programs;
}

/** With borders. */
const onePairColumns = 80;

function onePair(cells: readonly CellResult[], paint: Paint, width: number): string[] {
  if (width < onePairColumns) {
    return cells.map(
      (cell) => `${paint(cell.verdict, verdictWords[cell.verdict])} ${cell.scenario} ${cell.variant}`,
    );
  }
  const table = new Table({
    head: ['scenario', '', 'verdict', 'seen', 's', 'MiB'],
    colWidths: [26, 8, 11, 14, 7, 7],
    colAligns: ['left', 'left', 'left', 'left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const cell of cells) {
    table.push([
      shorten(cell.scenario, 24),
      cell.variant,
      paint(cell.verdict, verdictWords[cell.verdict]),
      seenOf(cell),
      (cell.ms.total / 1000).toFixed(1),
      cell.peakRssBytes === null ? '' : String(Math.round(cell.peakRssBytes / 2 ** 20)),
    ]);
  }
  return table.toString().split('\n');
}

/** The cell of a program on a pair of tools; of several stored ones one that is wrong, if any is. */
export function cellAt(cells: readonly CellResult[], { go, delve }: Pair): CellResult | undefined {
  const all = cells.filter((cell) => cell.go === go && cell.delve === delve);
  return all.find(isWrong) ?? all[0];
}

/** A row for each program and a column for each pair; several tables when they are too many for a screen. */
function manyPairs(
  cells: readonly CellResult[],
  pairs: readonly Pair[],
  paint: Paint,
  width: number,
): string[] {
  // A column and its border take 13; the two before them, with theirs, 29.
  const pairsPerTable = Math.max(1, Math.min(4, Math.floor((width - 29) / 13)));
  const lines: string[] = [];
  for (let from = 0; from < pairs.length; from += pairsPerTable) {
    const shown = pairs.slice(from, from + pairsPerTable);
    const table = new Table({
      head: ['scenario', '', ...shown.map(({ go, delve }) => `Go ${go}\ndlv ${delve}`)],
      colWidths: [18, 8, ...shown.map(() => 12)],
      style: { head: [], border: [], compact: true },
    });
    for (const of of programsOf(cells).values()) {
      const [first] = of;
      if (first === undefined) continue;
      const marks = shown.map((pair) => {
        const cell = cellAt(of, pair);
        return cell === undefined ? '' : paint(cell.verdict, verdictWords[cell.verdict]);
      });
      table.push([shorten(first.scenario, 16), first.variant, ...marks]);
    }
    lines.push(...(from === 0 ? [] : ['']), ...table.toString().split('\n'));
  }
  return lines;
}

function seenOf({ hang, diagnosis }: CellResult): string {
  return hang?.kind ?? diagnosis?.verdict ?? '';
}

/** Cells that could not be run, one line for each reason. */
function notApplicable(cells: readonly CellResult[]): string[] {
  const reasons = new Map<string, number>();
  for (const { verdict, summary } of cells) {
    if (verdict === 'not-applicable') reasons.set(summary, (reasons.get(summary) ?? 0) + 1);
  }
  const lines = [...reasons].flatMap(([why, count]) =>
    wrap(`n/a: ${count} ${count === 1 ? 'cell' : 'cells'}: ${why}`, { indent: '  ', first: '  ' }),
  );
  return lines.length === 0 ? [] : ['', ...lines];
}

/** What changed since a baseline, in lines. */
export function comparisonLines({ file, ...seen }: Comparison): string[] {
  const list = (title: string, ids: readonly string[]): string[] =>
    ids.length === 0 ? [] : [`  ${title}:`, ...ids.map((id) => `    ${id}`)];
  const changed = (rows: Comparison['broken']): string[] =>
    rows.map(({ id, was, is }) => `${id}: ${was} -> ${is}`);
  const counted = (count: number, what: string): string[] => (count === 0 ? [] : [`  ${count} ${what}`]);
  const lines = [
    ...list('right before, not now', changed(seen.broken)),
    ...list('newly right', changed(seen.mended)),
    ...list('wrong as before', changed(seen.stillWrong)),
    ...counted(seen.unknownToBaseline.length, 'cells that it does not know'),
    ...counted(seen.notRun.length, 'of its cells were not run now'),
  ];
  return [`against the baseline ${basename(file)}:`, ...(lines.length === 0 ? ['  as before'] : lines)];
}

export function isWrong({ verdict }: Pick<CellResult, 'verdict'>): boolean {
  return verdict === 'refuted' || verdict === 'unknown';
}

type Paint = (verdict: Verdict, text: string) => string;

export function painter(colours: Colors): Paint {
  const paints = {
    confirmed: colours.green,
    refuted: colours.red,
    unknown: colours.yellow,
    'not-applicable': colours.dim,
  };
  return (verdict, text) => paints[verdict](text);
}

export function seconds(ms: number): string {
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
