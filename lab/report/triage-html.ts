import { counted, number } from '../counted.js';
import { allPrintable } from '../printable.js';
import type { Triage, TriageGroup } from '../triage/group.js';
import { html, type Markup } from './html.js';
import { htmlFile, pageAssets } from './page/page-file.js';
import { clip } from './page/room.js';
import { shortPlaces } from './screen/limits.js';
import { sightingsOf } from './triage-text.js';

const mostGroups = 500;
const mostMembers = 200;
const longestText = 600;

/** A triage as one page, without any other file; it needs no script. Throws `internal` when the pages were not built. */
export async function triageHtml(given: Triage): Promise<string> {
  const { groups, counts, items } = allPrintable(given);
  const shown = groups.slice(0, mostGroups);
  const most = Math.max(1, ...groups.map(({ count }) => count));
  const failed = items.filter(({ state }) => state === 'failed');
  const title = `${counted(counts.hanging, 'hang')} in ${counted(groups.length, 'group')}`;
  const body = html`<header><span>${counted(counts.inputs, 'input')}: ${number(counts.healthy)} healthy, ${number(counts.unplaced)} undecided, ${number(counts.skipped)} without goroutines, ${number(counts.failed)} failed</span><span id="theme"></span></header>
<main>
<h1>${title}</h1>
<section aria-labelledby="groups"><h2 id="groups">By cause</h2>
${shown.map((group) => groupCard(group, most))}
${groups.length > shown.length && html`<p class="dim">${counted(groups.length - shown.length, 'more group')} in the output of --json.</p>`}</section>
${
  failed.length > 0 &&
  html`<section aria-labelledby="failed"><h2 id="failed">Not diagnosed</h2>
<ul class="limits">${failed.slice(0, mostMembers).map(({ path, why }) => html`<li><code>${clip(path, longestText)}</code>: ${clip(why ?? '', longestText)}</li>`)}</ul></section>`
}
</main>
<footer>Made by Go Deadlock Lab. This file needs no network and sends nothing anywhere.</footer>`;
  return htmlFile(title, body, await pageAssets('compare'));
}

function groupCard(group: TriageGroup, most: number): Markup {
  const { fingerprint, rule, certainty, count, of, summary, example, members, builds, ticket } = group;
  const share = ((100 * count) / most).toFixed(1);
  const outlook = rule === null ? 'unclear' : 'stuck';
  return html`<article class="group ${outlook}" id="${fingerprint}"><h3>${number(count)} &times; ${rule ?? 'no cause yet'} <span class="tag ${outlook}">${certainty ?? 'by its blocked stacks'}</span></h3>
<p class="dim"><code>${fingerprint}</code>${ticket !== undefined && `, known: ${clip(ticket, longestText)}`}</p>
<svg class="bar" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true"><rect class="all" width="100" height="3"/><rect class="part" width="${share}" height="3"/></svg>
<p>${clip(shortPlaces(summary), longestText)}</p>
<ul>${of.filter((word) => word !== rule).map((word) => html`<li><code>${clip(word, longestText)}</code></li>`)}</ul>
<p class="dim">${sightingsOf(group)}</p>
<p>Example: <code>${clip(example, longestText)}</code></p>
${builds.length > 0 && html`<details><summary>${counted(builds.length, 'build')}</summary><ul>${builds.slice(0, mostMembers).map(({ build, count: n }) => html`<li><code>${build}</code>: ${number(n)}</li>`)}</ul></details>`}
<details><summary>${counted(members.length, 'member')}</summary><ul>${members.slice(0, mostMembers).map((path) => html`<li><code>${clip(path, longestText)}</code></li>`)}</ul></details></article>
`;
}
