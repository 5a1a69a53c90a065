import { type FleetFinding, listed } from '../../fleet/same-cause.js';
import { conclusionWords } from '../conclusion-words.js';
import { html, type Markup } from '../html.js';
import { htmlFile, pageAssets } from '../page/page-file.js';
import { fleetGraph } from './graph.js';
import type { FleetReport } from './read.js';
import { timelineHtml } from './timeline.js';
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
  const [first] = result?.findings ?? [];
  const body = html`<header><span>${record.id}</span><span id="theme"></span></header>
<main>
<p class="badge"><span class="${conclusion?.verdict ?? 'unknown'}">${conclusion === null ? 'no conclusion' : conclusionWords[conclusion.verdict]}</span></p>
<h1>${sentence(conclusion?.summary ?? 'This run has no conclusion')}</h1>
${(conclusion?.reasons ?? []).map((reason) => html`<p class="dim">${reason}</p>`)}
${first !== undefined && html`<p class="advice"><b>Fix</b> ${sentence(first.suggestion)}</p>`}
<section aria-labelledby="service"><h2 id="service">The service by instance</h2>
<p>What each instance was found to be, past the balancer, above what the balancer's checks said of it at the same time.</p>
${timelineHtml(samples, result?.balancer.looks)}
<ul class="legend">${legend(samples)}</ul></section>
${result !== undefined && resultParts(result, await fleetGraph(diagnosis))}
</main>
<footer>Made by Go Deadlock Lab of a run that began at ${record.createdAt.slice(0, 19).replace('T', ' ')} UTC. This file needs no network and sends nothing anywhere.</footer>`;
  return htmlFile(`Fleet ${record.id}`, body, await pageAssets('fleet'));
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The states that were seen, and what the same colours mean where a check or a visitor is told. */
function legend(samples: FleetReport['samples']): readonly Markup[] {
  const seen = new Set(samples.flatMap(({ instances }) => instances.map(({ state }) => state)));
  const keys = [
    ...[...seen].map((state) => [state, stateWords[state][0]] as const),
    ...([
      ['good', 'check: well; visitor: answered'],
      ['some', 'visitor: some failed'],
      ['bad', 'check or visitor: failed'],
      ['none', 'nobody asked'],
    ] as const),
  ];
  return keys.map(
    ([tone, words]) =>
      html`<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="${tone}" width="12" height="12"/></svg>${words}</li>`,
  );
}

type Result = NonNullable<FleetReport['result']>;

function instanceRow(one: Result['instances'][number], result: Result): Markup {
  const [word] = stateWords[one.state];
  const fate = fateText(one, result)
    .slice(word.length)
    .replace(/^[,;] /, '');
  const checks = (['http', 'tcp'] as const).map((kind) =>
    one.hungAt === null ? '' : checkText(one, kind, result),
  );
  const still = one.pausedMs === null ? '' : `${one.pausedMs.toFixed(1)} ms`;
  return html`<tr><th scope="row">${one.name}<br><span class="dim">pid ${one.pid}</span></th>
<td><span class="tag ${one.state}">${word}</span> ${fate}<br><span class="dim">${seenAlone(one, result)}</span></td>
${told('HTTP check', checks[0])}${told('bare connect', checks[1])}${told('stood still', still, 'number')}</tr>`;
}

/** On a narrow screen a cell tells its column itself. */
const told = (column: string, text = '', of = ''): Markup =>
  html`<td class="${of}"${text !== '' && html` data-what="${column}"`}>${text}</td>`;

/** What its own core told: of a deadlock through several processes, none of them does by itself. */
function seenAlone(
  { name, diagnosis, uncaptured, why }: Result['instances'][number],
  { findings }: Result,
): string {
  const across = findings.find(({ instances }) => instances.some((one) => one.name === name));
  if (diagnosis?.verdict !== 'deadlock' && across !== undefined)
    return `By itself its core shows no deadlock: it waits for another instance, see ${across.id}.`;
  return diagnosis?.summary ?? uncaptured ?? why;
}

/** Of a deadlock through instances the sentence below tells where. */
function causeHead({ functions, resources, instances, explanation }: FleetFinding): string {
  const where = `In ${listed(instances.map(({ name }) => name))}`;
  return explanation === undefined ? `${where}: ${listed(resources)} in ${listed(functions)}` : where;
}

function resultParts(result: Result, graph: Markup | undefined): Markup {
  const { instances, findings, balancer, options, checklist } = result;
  const recovery = recoveryText(result);
  const together = togetherCommand(result, '.');
  return html`<section aria-labelledby="instances"><h2 id="instances">Instances</h2>
<div class="wide" tabindex="0" role="group" aria-label="Instances"><table class="instances"><thead><tr><th>instance</th><th>what became of it</th><th>HTTP check</th><th>bare connect</th><th class="number">stood still for its core</th></tr></thead>
<tbody>${instances.map((one) => instanceRow(one, result))}</tbody></table></div>
<p class="dim">${options.balancer} ${balancer.version}: ${takenOutText(result)}.${balancer.ended !== null && ` ${balancer.ended}.`}</p></section>
${recovery !== undefined && html`<section aria-labelledby="recovery"><h2 id="recovery">The rolling restart</h2><p>${recovery}</p></section>`}
${
  findings.length > 0 &&
  html`<section aria-labelledby="causes"><h2 id="causes">${findings.length === 1 ? 'One root cause' : 'Root causes'}</h2>
${findings.map(
  (
    finding,
  ) => html`<article class="cause" id="${finding.id}"><h3><span class="dim">${finding.id}</span> ${causeHead(finding)}</h3>
<p class="dim">${finding.class}/${finding.subtype}, ${finding.certainty}, by the rule ${finding.rule}.</p>
${finding.explanation !== undefined && html`<p>${finding.explanation}</p>`}
<ul>${finding.instances.map((one) => html`<li>${differenceText(finding, one)}</li>`)}</ul>
${finding !== findings[0] && html`<p>Fix: ${sentence(finding.suggestion)}</p>`}</article>`,
)}
${graph}
<p>Each core again, in the folder of this run:</p>
<pre tabindex="0">${instances.flatMap((one) => analyzeCommand(one, '.') ?? []).join('\n')}</pre>
${together !== undefined && html`<p>All of them as one:</p><pre tabindex="0">${together}</pre>`}</section>`
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
