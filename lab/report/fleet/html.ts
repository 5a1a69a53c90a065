import { causeText } from '../../fleet/same-cause.js';
import { conclusionWords } from '../conclusion-words.js';
import { html, type Markup } from '../html.js';
import { htmlFile, pageAssets } from '../page/page-file.js';
import { fleetGraph } from './graph.js';
import type { FleetReport } from './read.js';
import { timelineSvg } from './timeline.js';
import {
  analyzeCommand,
  checkText,
  differenceText,
  fateText,
  recoveryText,
  stateWords,
  takenOutText,
  togetherCommand,
} from './words.js';

/** The run of a fleet as one page, without any other file; it needs no script. Throws `internal` when the pages were not built. */
export async function fleetHtml({ record, result, samples, diagnosis }: FleetReport): Promise<string> {
  const { conclusion } = record;
  const body = html`<header><span>${record.id}</span><span id="theme"></span></header>
<main>
<p class="badge"><span class="${conclusion?.verdict ?? 'unknown'}">${conclusion === null ? 'no conclusion' : conclusionWords[conclusion.verdict]}</span></p>
<h1>${conclusion?.summary ?? 'This run has no conclusion'}</h1>
${(conclusion?.reasons ?? []).map((reason) => html`<p class="dim">${reason}</p>`)}
<section aria-labelledby="service"><h2 id="service">The service by instance</h2>
<p>What each instance was found to be, past the balancer, above what the balancer's checks said of it at the same time.</p>
${timelineSvg(samples, result?.balancer.looks)}
<ul class="legend">${legend(samples)}</ul></section>
${result !== undefined && resultParts(result, await fleetGraph(diagnosis))}
</main>
<footer>Made by Go Deadlock Lab. This file needs no network and sends nothing anywhere.</footer>`;
  return htmlFile(`Fleet ${record.id}`, body, await pageAssets('fleet'));
}

function legend(samples: FleetReport['samples']): readonly Markup[] {
  const seen = new Set(samples.flatMap(({ instances }) => instances.map(({ state }) => state)));
  return [...seen].map(
    (state) =>
      html`<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="${state}" width="12" height="12"/></svg>${stateWords[state][0]}</li>`,
  );
}

function resultParts(result: NonNullable<FleetReport['result']>, graph: Markup | undefined): Markup {
  const { instances, findings, balancer, options, checklist } = result;
  const recovery = recoveryText(result);
  const together = togetherCommand(result, '.');
  return html`<section aria-labelledby="instances"><h2 id="instances">Instances</h2>
<div class="wide"><table><thead><tr><th>instance</th><th>what became of it</th><th>HTTP check</th><th>bare connect</th><th class="number">stood still</th></tr></thead>
<tbody>${instances.map(
    (one) => html`<tr><th scope="row">${one.name}<br><span class="dim">pid ${one.pid}</span></th>
<td><span class="tag ${one.state}">${stateWords[one.state][0]}</span> ${fateText(one, result)}<br><span class="dim">${one.diagnosis?.summary ?? one.uncaptured ?? one.why}</span></td>
<td>${one.hungAt === null ? '' : checkText(one, 'http', result)}</td><td>${one.hungAt === null ? '' : checkText(one, 'tcp', result)}</td>
<td class="number">${one.pausedMs === null ? '' : `${one.pausedMs.toFixed(1)} ms`}</td></tr>`,
  )}</tbody></table></div>
<p class="dim">${options.balancer} ${balancer.version}: ${takenOutText(result)}.${balancer.ended !== null && ` ${balancer.ended}.`}</p></section>
${recovery !== undefined && html`<section aria-labelledby="recovery"><h2 id="recovery">The rolling restart</h2><p>${recovery}</p></section>`}
${
  findings.length > 0 &&
  html`<section aria-labelledby="causes"><h2 id="causes">${findings.length === 1 ? 'One root cause' : 'Root causes'}</h2>
${findings.map(
  (
    finding,
  ) => html`<article class="cause" id="${finding.id}"><h3><span class="dim">${finding.id}</span> ${causeText(finding)}</h3>
${finding.explanation !== undefined && html`<p>${finding.explanation}</p>`}
<ul>${finding.instances.map((one) => html`<li>${differenceText(finding, one)}</li>`)}</ul>
<p>Repair: ${finding.suggestion}</p></article>`,
)}
${graph}
<p>Each core again, in the folder of this run:</p>
<pre>${instances.flatMap((one) => analyzeCommand(one, '.') ?? []).join('\n')}</pre>
${together !== undefined && html`<p>All of them as one:</p><pre>${together}</pre>`}</section>`
}
${
  checklist.length > 0 &&
  html`<section aria-labelledby="story"><h2 id="story">The article's first paragraph</h2>
<ul class="claims">${checklist.map(
    ({ claim, outcome, seen }) =>
      html`<li><span class="tag ${outcome}">${outcome}</span> ${claim}<br><span class="dim">${seen}</span></li>`,
  )}</ul></section>`
}`;
}
