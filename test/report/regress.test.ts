import { expect } from 'chai';
import { createColors } from 'picocolors';
import { convert } from 'xmlbuilder2';
import { type CellResult, countsOf, type Results } from '../../lab/regress/results.js';
import { regressJunit } from '../../lab/report/regress-junit.js';
import { regressMarkdown } from '../../lab/report/regress-markdown.js';
import { cellLine, regressText } from '../../lab/report/regress-text.js';
import { cell } from '../regress/cells.js';

const refuted = cell({
  variant: 'fixed',
  verdict: 'refuted',
  summary: 'the repaired server was diagnosed\nwith a <deadlock> | \u0007',
  differences: ['verdict: expected none, found deadlock'],
});
const cells = [
  cell(),
  refuted,
  cell({ go: '1.19.8', delve: '1.20.2', scenario: 'a-scenario-with-a-very-long-name', verdict: 'unknown' }),
  cell({ go: '1.19.8', verdict: 'not-applicable', summary: 'Delve 1.27.2 reads newer programs only' }),
];
const resultsOf = (shown: readonly CellResult[]): Results => ({
  schema: 'lab.regress/1',
  dir: '/runs/2026-regress',
  mode: 'live',
  startedAt: '2026-01-02T03:04:05.678Z',
  endedAt: '2026-01-02T03:05:05.678Z',
  ms: 60_000,
  lab: { version: '0.1.0', gitCommit: null },
  machine: { os: 'linux', arch: 'x64', cpus: 2, memoryBytes: 1 },
  counts: countsOf(shown),
  exitCode: 1,
  baseline: null,
  cells: [...shown],
});
const text = (shown: readonly CellResult[]) =>
  regressText(resultsOf(shown), { colours: createColors(false) });

describe('what a regression tells', () => {
  it('fits into 80 columns, for one pair of tools and for several', () => {
    for (const shown of [cells, cells.slice(0, 2), cells.map((one, i) => ({ ...one, go: `1.2${i}.10` }))]) {
      // A path is not broken: it would not be one any more.
      const lines = text(shown)
        .split('\n')
        .filter((line) => !/\/runs\//.test(line));
      expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(80);
    }
  });

  it('fits its tables into narrower terminals, every scenario named', () => {
    for (const shown of [cells, cells.map((one, i) => ({ ...one, go: `1.2${i}.10` }))]) {
      for (const width of [45, 60]) {
        const lines = regressText(resultsOf(shown), { colours: createColors(false), width }).split('\n');
        const tables = lines.filter((line) => /[│┌├└]/.test(line));
        for (const line of tables) expect(line.length, line).to.be.at.most(width);
        for (const { scenario } of shown) expect(lines.join('\n')).to.contain(scenario);
      }
    }
  });

  it('shows for what is wrong the expected, the found, the difference and the folder', () => {
    const said = text(cells);
    expect(said).to.contain('DIFFERENT shop-fixed-go1.26.8-dlv1.27.2');
    for (const part of ['expected', 'found', 'verdict: expected none, found deadlock', '/runs/shop']) {
      expect(said).to.contain(part);
    }
    expect(said).to.contain('n/a: 1 cell: Delve 1.27.2 reads newer programs only');
    expect(said).to.contain('1 as expected, 1 different, 1 inconclusive, 1 n/a in 1 min 0 s');
  });

  it('has one line for each cell, of no more columns than there are', () => {
    const line = cellLine({ ...refuted, summary: 'many words '.repeat(40) }, 70);
    expect(line).to.match(/^DIFFERENT {4}shop-fixed-go1\.26\.8-dlv1\.27\.2 4\.3 s: many words.*\.\.\.$/);
    expect(line).to.have.length(70);
  });

  it('is a table in Markdown, with nothing that would break it', () => {
    const page = regressMarkdown(resultsOf(cells));
    expect(page).to.contain('| shop | fixed | **DIFFERENT** 4.3 s |');
    expect(page).to.contain('&lt;deadlock>').and.not.to.contain('<deadlock');
    const rows = page.split('\n').filter((line) => line.startsWith('|'));
    expect(new Set(rows.map((line) => line.split(/(?<!\\)\|/).length)).size).to.equal(1);
  });

  it('is JUnit XML with failures, errors and skipped cells, whatever the words', () => {
    const xml = regressJunit(resultsOf(cells));
    expect(convert(xml, { format: 'object' })).to.be.an('object');
    expect(xml).to.contain('tests="4" failures="1" errors="1" skipped="1"');
    expect(xml.match(/<testsuite /g)).to.have.length(3);
    expect(xml).to.match(/<failure message="[^"]*&lt;deadlock/);
    expect(xml).not.to.contain('\u0007');
  });
});
