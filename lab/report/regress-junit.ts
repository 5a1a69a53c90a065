import { create } from 'xmlbuilder2';
import type { CellResult, Results } from '../regress/results.js';
import { pairsOf } from './regress-text.js';

/**
 * A regression as JUnit XML: a suite for each pair of tools, a test case for each cell. A refuted cell is a failure,
 * an unknown one an error, one that is not applicable is skipped.
 */
export function regressJunit({ cells, startedAt }: Pick<Results, 'cells' | 'startedAt'>): string {
  // What XML cannot hold (XML 1.0, 2.2), which a compiler's words may have, is left out.
  const document = create({ version: '1.0', encoding: 'UTF-8', invalidCharReplacement: '' });
  const root = document.ele('testsuites', { name: 'lab regress', ...totals(cells) });
  for (const { go, delve } of pairsOf(cells)) {
    const own = cells.filter((cell) => cell.go === go && cell.delve === delve);
    const suite = root.ele('testsuite', {
      name: `Go ${go}, Delve ${delve}`,
      timestamp: startedAt.slice(0, 19),
      ...totals(own),
    });
    for (const cell of own) {
      const test = suite.ele('testcase', {
        classname: `regress.go${go}-dlv${delve}`,
        name: `${cell.scenario} ${cell.variant}`,
        time: inSeconds(cell.ms.total),
      });
      const message = cell.summary.replaceAll(/\s+/g, ' ');
      if (cell.verdict === 'refuted') test.ele('failure', { message, type: 'refuted' }).txt(details(cell));
      if (cell.verdict === 'unknown') test.ele('error', { message, type: 'unknown' }).txt(details(cell));
      if (cell.verdict === 'not-applicable') test.ele('skipped', { message });
    }
  }
  return `${document.end({ prettyPrint: true })}\n`;
}

function totals(cells: readonly CellResult[]): Record<string, string> {
  const count = (verdict: CellResult['verdict']): string =>
    String(cells.filter((cell) => cell.verdict === verdict).length);
  return {
    tests: String(cells.length),
    failures: count('refuted'),
    errors: count('unknown'),
    skipped: count('not-applicable'),
    time: inSeconds(cells.reduce((sum, { ms }) => sum + ms.total, 0)),
  };
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function details(cell: CellResult): string {
  return [
    cell.summary,
    `expected: ${cell.expected}`,
    `found: ${cell.found}`,
    ...cell.differences,
    ...cell.reasons,
    ...(cell.folder === null ? [] : [`folder ${cell.folder}`]),
  ].join('\n');
}
