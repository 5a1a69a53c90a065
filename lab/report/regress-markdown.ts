import { allPrintable } from '../printable.js';
import type { CellResult, Results } from '../regress/results.js';
import {
  cellAt,
  comparisonLines,
  countsLine,
  isWrong,
  pairsOf,
  programsOf,
  verdictWords,
} from './regress-text.js';

/** `results.md`: the table of a regression for a page, a row for each program and a column for each pair of tools. */
export function regressMarkdown(given: Results): string {
  const results = allPrintable(given);
  const pairs = pairsOf(results.cells.filter(({ verdict }) => verdict !== 'not-applicable'));
  const head = ['scenario', 'variant', ...pairs.map(({ go, delve }) => `Go ${go}, Delve ${delve}`)];
  const rows = [...programsOf(results.cells).values()].map((cells) => {
    const marks = pairs.map((pair) => {
      const cell = cellAt(cells, pair);
      return cell === undefined ? '' : mark(cell);
    });
    return [cells[0]?.scenario ?? '', cells[0]?.variant ?? '', ...marks];
  });
  const wrong = results.cells.filter(isWrong);
  return `${[
    `**${countsLine(results)}**`,
    '',
    row(head),
    row(head.map(() => '---')),
    ...rows.map(row),
    ...wrong.flatMap((cell) => ['', ...details(cell)]),
    ...(results.baseline === null ? [] : ['', '```', ...comparisonLines(results.baseline), '```']),
  ].join('\n')}\n`;
}

function mark(cell: CellResult): string {
  const word = verdictWords[cell.verdict];
  if (cell.verdict === 'not-applicable') return word;
  return `${isWrong(cell) ? `**${word}**` : word} ${(cell.ms.total / 1000).toFixed(1)} s`;
}

function details(cell: CellResult): string[] {
  return [
    `### ${cell.id}: ${verdictWords[cell.verdict]}`,
    '',
    ...[
      cell.summary,
      `Expected: ${cell.expected}`,
      `Found: ${cell.found}`,
      ...cell.differences,
      ...cell.reasons,
    ].map((text) => `- ${escapeCell(text)}`),
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((text) => escapeCell(text)).join(' | ')} |`;
}

function escapeCell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
