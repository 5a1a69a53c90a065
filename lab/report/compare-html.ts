import { shortName } from '../analysis/model/own-frame.js';
import type { ComparedGroup, Comparison } from '../compare/model.js';
import { counted, number } from '../counted.js';
import { allPrintable } from '../printable.js';
import { html, type Markup } from './html.js';
import { htmlFile, pageAssets } from './page/page-file.js';
import { clip } from './page/room.js';
import { shortPlaces } from './screen/limits.js';

/** Groups beyond those of the suspects. */
const mostGroups = 500;
/** Of the matrix: the suspects, then the largest. */
const mostRows = 40;
const longestText = 600;
const longestStack = 100;
const longestName = 80;

/**
 * Several looks at one process as one page, without any other file; it needs no script. `reports` leads to the report of each look, as
 * addresses from the page. Throws `internal` when the pages were not built.
 */
export async function comparisonHtml(given: Comparison, reports: readonly string[] = []): Promise<string> {
  const comparison = allPrintable(given);
  const { looks, suspects, groups, limits, summary, processes } = comparison;
  const suspected = suspects.flatMap(({ group }) => groups.filter(({ id }) => id === group));
  const others = groups.filter((group) => !suspected.includes(group));
  const shown = [...suspected, ...others.slice(0, mostGroups)];
  const leftOut = groups.length - shown.length;
  const body = html`<header><span>${counted(looks.length, 'look')} at ${processes === undefined ? 'one process' : `${processes.length} processes`}</span><span id="theme"></span></header>
<main>
<p class="badge">${badge(comparison)}</p>
<h1>${clip(summary, longestText)}</h1>
<section aria-labelledby="looks"><h2 id="looks">Looks</h2>
<ol class="looks">${looks.map((look, i) => lookCard(look, i, { first: looks[0]?.time ?? null, report: reports[i] }))}</ol></section>
${
  suspects.length > 0 &&
  html`<section aria-labelledby="suspects"><h2 id="suspects">Where to look first</h2>
<ol class="suspects">${suspects.map(
    ({ group, text }) => html`<li>${clip(text, longestText)} <a href="#${group}">${group}</a></li>`,
  )}</ol></section>`
}
<section aria-labelledby="changed"><h2 id="changed">What changed</h2>
${matrix(shown.slice(0, mostRows), comparison)}
${shown.length > mostRows && html`<p class="dim">Showing ${mostRows} of ${counted(groups.length, 'group')}.</p>`}</section>
<section aria-labelledby="groups"><h2 id="groups">Goroutines by stack</h2>
${shown.map((group) => groupCard(group))}
${leftOut > 0 && html`<p class="dim">${counted(leftOut, 'more group')} in the output of --json.</p>`}</section>
${
  limits.length > 0 &&
  html`<section aria-labelledby="limits"><h2 id="limits">Limits</h2>
<ul class="limits">${limits.map((limit) => html`<li>${clip(limit, longestText)}</li>`)}</ul></section>`
}
</main>
<footer>Time is evidence and no proof: it tells slow from stuck. Made by Go Deadlock Lab. This file needs no network and sends nothing anywhere.</footer>`;
  return htmlFile(`${counted(looks.length, 'look')} compared`, body, await pageAssets('compare'));
}

function badge({ looks, suspects }: Comparison): Markup {
  const proved = looks.flatMap(({ verdict }, i) => (verdict === 'deadlock' ? [i + 1] : []));
  if (proved.length > 0)
    return html`<span class="deadlock">Deadlock in ${
      proved.length === looks.length ? 'every look' : `look ${proved.join(', ')}`
    }</span>`;
  return suspects.length > 0
    ? html`<span class="unknown">Suspected</span>`
    : html`<span class="nothing">Nothing suspected</span>`;
}

/** A row for each group, a column for each look: how many goroutines stand there, and how many more or less than before. */
function matrix(groups: readonly ComparedGroup[], { looks }: Comparison): Markup {
  const times = looks.map(
    ({ time }, i) => since(looks[0]?.time ?? null, time ?? '').replace(/^, /, '') || (i === 0 ? 'first' : ''),
  );
  return html`<div class="wide" tabindex="0" role="group" aria-label="What changed"><table class="matrix"><thead><tr><th scope="col">group</th>${looks.map(
    (_, i) => html`<th scope="col" class="number">look ${i + 1}<br><span class="dim">${times[i]}</span></th>`,
  )}<th scope="col" class="number">still</th><th scope="col" class="number">came</th><th scope="col" class="number">went</th></tr></thead>
<tbody>${groups.map(
    ({ id, place, outlook, counts, unmoved, came, went }) =>
      html`<tr><th scope="row"><a href="#${id}">${id}</a> <code>${clip(shortName(place.function), longestName)}</code>${
        outlook !== null && html` <span class="tag ${outlook}">${outlook}</span>`
      }</th>${counts.map((count, i) => html`<td class="number">${number(count)} ${changeOf(count, counts[i - 1])}</td>`)}${[
        unmoved,
        came,
        went,
      ].map((n) => html`<td class="number">${n === null ? '?' : number(n)}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}

function changeOf(count: number, before: number | undefined): Markup | false {
  if (before === undefined || before === count) return false;
  return html`<span class="took">${count > before ? '+' : '−'}${number(Math.abs(count - before))}</span>`;
}

const verdictWords = { deadlock: 'deadlock', none: 'no deadlock', unknown: 'undecided' } as const;

function lookCard(
  look: Comparison['looks'][number],
  i: number,
  { first, report }: { readonly first: string | null; readonly report: string | undefined },
): Markup {
  const { name, kind, time, verdict, goroutines } = look;
  return html`<li><h3>Look ${i + 1} <span class="tag ${verdict}">${verdictWords[verdict]}</span></h3>
<p class="name"><code>${clip(name, longestText)}</code></p>
<p class="dim">${kind}${time !== null && `, ${time.slice(0, 19).replace('T', ' ')} UTC${since(first, time)}`}</p>
<p>${counted(goroutines.total, 'goroutine')}, ${number(goroutines.blocked)} blocked</p>${
    report !== undefined && html`<p><a href="${report}">Report of look ${i + 1}</a></p>`
  }</li>`;
}

function since(first: string | null, time: string): string {
  const seconds = first === null ? 0 : (Date.parse(time) - Date.parse(first)) / 1_000;
  return seconds > 0 ? `, ${seconds.toFixed(1)} s later` : '';
}

function groupCard(group: ComparedGroup): Markup {
  const { id, place, waitReason, object, outlook, outlookReason, counts, stack } = group;
  const most = Math.max(1, ...counts);
  const file = place.file.slice(place.file.lastIndexOf('/') + 1);
  const change = [
    ['still', group.unmoved],
    ['came', group.came],
    ['went', group.went],
  ] as const;
  const waits = [waitReason, object].filter(Boolean).join(' of ');
  return html`<article class="group ${outlook}" id="${id}"><h3><span class="dim">${id}</span> <code>${clip(shortName(place.function), longestText)}</code></h3>
<p class="dim">${file}:${place.line}${waits !== '' && `, ${clip(waits, longestText)}`}</p>
<div class="counts"><table class="bars"><caption class="unseen">Goroutines by look</caption>${counts.map(
    (count, i) =>
      html`<tr><th scope="row">look ${i + 1}</th><td>${bar(count, most)}</td><td class="number">${number(count)}</td></tr>`,
  )}</table>
<dl class="change">${change.map(
    ([name, n]) => html`<div><dt>${name}</dt><dd>${n === null ? '?' : number(n)}</dd></div>`,
  )}</dl></div>
${outlook !== null && html`<p><span class="tag ${outlook}">${outlook}</span>${clip(shortPlaces(outlookReason ?? ''), longestText)}</p>`}
<details><summary>Stack</summary><ol class="stack" start="0">${stack
    .slice(0, longestStack)
    .map(
      (frame) =>
        html`<li><code>${clip(frame.function, longestText)}</code> <span class="dim">${frame.file}:${frame.line}</span></li>`,
    )}</ol></details></article>
`;
}

const bar = (count: number, most: number): Markup =>
  html`<svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="all" width="100" height="6"/><rect class="part" width="${((100 * count) / most).toFixed(1)}" height="6"/></svg>`;
