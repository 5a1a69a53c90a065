import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { allPrintable } from '../printable.js';
import type { CellResult, Results } from '../regress/results.js';
import { html, type Markup } from './html.js';
import { htmlFile, pageAssets } from './page/page-file.js';
import { clip } from './page/room.js';
import { cellAt, countsLine, isWrong, pairsOf, programsOf, seconds, verdictWords } from './regress-text.js';

const longestText = 600;

/**
 * A regression as one page, without any other file: the matrix of programs and tools, what changed since a baseline, how long each
 * cell took, and what is not as expected. `file` is where it will lie: links to the reports of cells lead from there.
 * Throws `internal` when the pages were not built.
 */
export async function regressHtml(given: Results, file: string): Promise<string> {
  const results = allPrintable(given);
  const { cells, baseline, startedAt, machine, lab } = results;
  const wrong = cells.filter(isWrong);
  const changes = changesOf(results);
  const context: Context = { results, file, changes };
  const body = html`<header><span>${basename(results.dir)}</span><span id="theme"></span></header>
<main>
<p class="badge">${badge(results)}</p>
<h1>${countsLine(results)}</h1>
<p class="dim">${startedAt.slice(0, 16).replace('T', ' ')} UTC, lab ${lab.version}, ${machine.os}/${machine.arch}, ${machine.cpus} CPUs</p>
${baseline !== null && changed(results, context)}
<section aria-labelledby="matrix"><h2 id="matrix">Every program</h2>
${matrix(context)}</section>
${
  wrong.length > 0 &&
  html`<section aria-labelledby="wrong"><h2 id="wrong">Not as expected</h2>
${wrong.map((cell) => wrongCell(cell, context))}</section>`
}
</main>
<footer>Made by Go Deadlock Lab. This file needs no network and sends nothing anywhere.</footer>`;
  return htmlFile(`Regression ${basename(results.dir)}`, body, await pageAssets('compare'));
}

interface Context {
  readonly results: Results;
  readonly file: string;
  /** What a cell was in the baseline, where that was something else. */
  readonly changes: ReadonlyMap<string, string>;
}

function badge({ cells, baseline }: Results): Markup {
  const broken = baseline?.broken.length ?? 0;
  if (broken > 0) return html`<span class="deadlock">${broken} broken since the baseline</span>`;
  if (cells.some(({ verdict }) => verdict === 'refuted'))
    return html`<span class="deadlock">Different</span>`;
  if (cells.some(({ verdict }) => verdict === 'unknown'))
    return html`<span class="unknown">Inconclusive</span>`;
  return html`<span class="nothing">As expected</span>`;
}

function changesOf({ baseline }: Results): ReadonlyMap<string, string> {
  const rows = [...(baseline?.broken ?? []), ...(baseline?.mended ?? [])];
  return new Map(rows.map(({ id, was }) => [id, was]));
}

function changed({ baseline, cells }: Results, context: Context): Markup | false {
  if (baseline === null) return false;
  const rows = [
    ...baseline.broken.map((one) => ({ ...one, what: 'right before, not now' })),
    ...baseline.mended.map((one) => ({ ...one, what: 'newly right' })),
    ...baseline.stillWrong.map((one) => ({ ...one, what: 'wrong as before' })),
  ];
  return html`<section aria-labelledby="changed"><h2 id="changed">What changed</h2>
<p class="dim">Against ${basename(baseline.file)}${
    baseline.unknownToBaseline.length > 0 &&
    `; ${baseline.unknownToBaseline.length} cells that it does not know`
  }${baseline.notRun.length > 0 && `; ${baseline.notRun.length} of its cells were not run now`}.</p>
${
  rows.length === 0
    ? html`<p>Every cell is as it was.</p>`
    : html`<ul class="changes">${rows.map(({ id, was, is, what }) => {
        const cell = cells.find((one) => one.id === id);
        return html`<li>${what}: ${cell === undefined ? html`<code>${id}</code>` : linked(cell, id, context)}, ${wordOf(was)} → ${wordOf(is)}</li>`;
      })}</ul>`
}</section>`;
}

const wordOf = (verdict: string): string =>
  Object.entries(verdictWords)
    .find(([known]) => known === verdict)?.[1]
    .toLowerCase() ?? verdict;

function matrix(context: Context): Markup {
  const { cells } = context.results;
  const pairs = pairsOf(cells.filter(({ verdict }) => verdict !== 'not-applicable'));
  return html`<div class="wide" tabindex="0" role="group" aria-label="The matrix"><table class="matrix"><thead><tr><th scope="col">scenario</th><th scope="col">variant</th>${pairs.map(
    ({ go, delve }) => html`<th scope="col">Go ${go}<br>Delve ${delve}</th>`,
  )}</tr></thead>
<tbody>${[...programsOf(cells).values()].map(
    (of) => html`<tr><th scope="row">${of[0]?.scenario}</th><td>${of[0]?.variant}</td>${pairs.map((pair) => {
      const cell = cellAt(of, pair);
      return cell === undefined ? html`<td></td>` : matrixCell(cell, context);
    })}</tr>
`,
  )}</tbody></table></div>`;
}

const tones = { confirmed: 'none', refuted: 'deadlock', unknown: 'unknown', 'not-applicable': '' } as const;

function matrixCell(cell: CellResult, context: Context): Markup {
  const { verdict, ms, id } = cell;
  const word = verdictWords[verdict].toLowerCase();
  if (verdict === 'not-applicable') return html`<td><span class="dim">${word}</span></td>`;
  const was = context.changes.get(id);
  return html`<td><span class="tag ${tones[verdict]}">${linked(cell, word, context)}</span> <span class="took">${seconds(ms.total)}</span>${
    was !== undefined && html`<br><span class="dim">was ${wordOf(was)}</span>`
  }</td>`;
}

function wrongCell(cell: CellResult, context: Context): Markup {
  const { id, verdict, summary, expected, found, differences, reasons, folder, ms } = cell;
  return html`<article class="group ${tones[verdict]}" id="${id}"><h3>${linked(cell, id, context)} <span class="tag ${tones[verdict]}">${verdictWords[verdict].toLowerCase()}</span></h3>
<p>${clip(summary, longestText)}</p>
<dl class="told"><div><dt>expected</dt><dd>${clip(expected, longestText)}</dd></div><div><dt>found</dt><dd>${clip(found, longestText)}</dd></div><div><dt>took</dt><dd>${seconds(ms.total)}${Object.entries(
    ms.stages,
  ).map(([stage, took]) => `, ${stage} ${seconds(took)}`)}</dd></div></dl>
<ul>${[...new Set([...differences, ...reasons])].map((line) => html`<li>${clip(line, longestText)}</li>`)}</ul>
${folder !== null && html`<p class="dim"><code>${folder}</code></p>`}</article>
`;
}

/** A text that leads to the report of a cell, where there is one. */
function linked(cell: CellResult, text: string, { results, file }: Context): Markup {
  const page = pageOf(cell, results.dir);
  if (page === undefined) return html`${text}`;
  const link = relative(dirname(file), page).split('/').map(encodeURIComponent).join('/');
  return html`<a href="${link}" aria-label="${text}: the report of ${cell.id}">${text}</a>`;
}

/** The report lies in the run's folder, which is a cell's folder, or in it. */
function pageOf({ folder, id }: CellResult, dir: string): string | undefined {
  const places = [...(folder === null ? [] : [folder]), join(dir, 'cells', id)];
  const inside = places.flatMap((place) =>
    existsSync(place) ? [place, ...readdirSync(place).map((name) => join(place, name))] : [],
  );
  return inside.map((place) => join(place, 'report.html')).find((page) => existsSync(page));
}
