import type { Diagnosis, Finding, Group, Resource } from '../analysis/diagnosis.js';
import type { ChecklistRow } from '../checklist/row.js';
import type { ExpectationRow } from '../expectation.js';
import { loadChart } from './chart.js';
import { checklistSummary } from './checklist-text.js';
import { html, type Markup } from './html.js';
import { pageStyle } from './page-style.js';
import { contentOf, type RunReport, stagesOf } from './run-report.js';
import { stampedeRows } from './stampede-rows.js';

/** A diagnosis as one page, without any other file. */
export function diagnosisHtml(diagnosis: Diagnosis): string {
  const title = `${verdictWord(diagnosis.verdict)} in ${diagnosis.process.exe.split('/').at(-1) ?? 'the program'}`;
  return page(title, [
    html`<header class="${diagnosis.verdict}"><p class="badge">${verdictWord(diagnosis.verdict)}</p>
<h1>${diagnosis.summary}</h1></header>`,
    ...diagnosisSections(diagnosis),
  ]);
}

/** A run as one page: `report.html`. */
export function reportHtml(report: RunReport): string {
  const { record, scenario, diagnosis, expectations, checklist, samples, probes, files } = report;
  const { conclusion } = record;
  const chart = loadChart(samples, probes);
  const crowd = stampedeRows(report);
  const kind = diagnosis?.verdict ?? 'unknown';
  return page(`Run ${record.id}`, [
    html`<header class="${kind}"><p class="badge">${verdictWord(kind)}</p>
<h1>${diagnosis?.summary ?? conclusion?.summary ?? 'This run has no conclusion.'}</h1>
<p>${record.config.scenario}: ${scenario.title}. ${scenario.teaches}</p>
<p>Run ${record.id}${conclusion !== null && html`: the expectation is <strong>${conclusion.verdict}</strong>`}</p>
${conclusion !== null && conclusion.reasons.length > 0 && html`<ul>${conclusion.reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`}</header>`,
    ...(chart === undefined ? [] : [html`<section><h2>The hang, from outside</h2>${chart}</section>`]),
    ...(expectations.length === 0 ? [] : [expectationSection(expectations)]),
    ...(crowd === undefined
      ? []
      : [
          html`<section><h2>The stampede</h2><p>${crowd.text}</p>${table(crowd.head, crowd.rows)}
<ul>${crowd.afterwards.map((line) => html`<li>${line}</li>`)}</ul></section>`,
        ]),
    ...(diagnosis === undefined ? [] : diagnosisSections(diagnosis)),
    ...(checklist.length === 0 ? [] : [checklistSection(checklist)]),
    stageSection(record),
    filesSection(files),
    versionsSection(record),
  ]);
}

function verdictWord(verdict: Diagnosis['verdict']): string {
  return { deadlock: 'deadlock', none: 'no deadlock', unknown: 'undecided' }[verdict];
}

function page(title: string, sections: readonly Markup[]): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${{ markup: pageStyle }}</style>
</head>
<body><main>
${sections}
</main></body>
</html>
`.markup;
}

function diagnosisSections({ findings, groups, userLocations, process, limits }: Diagnosis): Markup[] {
  const { total, blocked, system } = process.goroutines;
  return [
    ...findings.map(findingSection),
    html`<section><h2>Where ${total.toLocaleString('en-US')} goroutines are</h2>
<p>${blocked.toLocaleString('en-US')} are blocked; ${system} belong to the runtime. Names are those of inlined functions.</p>
${table(
  ['goroutines', 'function', 'line'],
  userLocations.map((one) => [
    html`<b class="number">${one.count}</b>`,
    html`<code>${one.function}</code>`,
    one.line,
  ]),
)}
${groups.length > 0 && html`<details><summary>${groups.length} groups of goroutines with the same stack</summary>${groups.map(groupDetails)}</details>`}</section>`,
    ...(limits.length === 0
      ? []
      : [
          html`<section><h2>What could not be read or decided</h2><ul>${limits.map((limit) => html`<li>${limit}</li>`)}</ul></section>`,
        ]),
  ];
}

function findingSection({ id, class: kind, subtype, certainty, ...finding }: Finding): Markup {
  const { goroutines, resources, edges } = finding.rootCause;
  return html`<section><h2>${id}: ${kind} deadlock, ${subtype}</h2>
<p><span class="tag ${certainty}">${certainty}</span> ${finding.explanation}</p>
<p><b>What to do:</b> ${finding.suggestion}</p>
<h3>Who waits for whom</h3>
<ul class="edges">${edges.map(
    (edge) =>
      html`<li><b>${edge.from}</b> ${edge.relation.replace('-', ' ')} <b>${edge.to}</b> ${edge.inferred && html`<span class="tag">inferred</span>`} <span class="dim">${edge.evidence.map((name) => html`<a href="#${id}-${name}">${name}</a> `)}</span></li>`,
  )}</ul>
<p>${finding.victims.goroutines.toLocaleString('en-US')} goroutines wait behind them.</p>
${table(['object', 'kind', 'address', 'state'], resources.map(resourceCells))}
${goroutines.map(
  (goroutine) => html`<h3>Goroutine ${goroutine.id}</h3>
<p>${goroutine.role}, parked with wait reason <code>${goroutine.waitReason}</code>; created by <code>${goroutine.goStatementLocation.function}</code>, started in <code>${goroutine.startLocation.function}</code>.</p>
<ol class="stack">${goroutine.stack.map(
    (
      frame,
    ) => html`<li><span class="dim">${frame.index}</span> <code>${frame.function}</code>${frame.inlined && html` <span class="tag">inlined</span>`}
<div class="dim">${frame.file}:${frame.line}</div>
${(frame.variables ?? []).map((variable) => html`<div class="variable"><code>${variable.name} = ${variable.value}</code></div>`)}</li>`,
  )}</ol>`,
)}
<h3>The proof</h3>
<dl>${finding.evidence.map(
    (one) => html`<dt id="${id}-${one.id}">${one.id} <span class="tag">${one.kind}</span></dt>
<dd>${one.text}<pre>${one.check
      .split(';')
      .map((line) => `(dlv) ${line.trim()}`)
      .join('\n')}</pre></dd>`,
  )}</dl></section>`;
}

function resourceCells({ id, name, kind, address, elemType, len, cap, closed, waiters }: Resource) {
  const state = [
    len !== undefined && cap !== undefined ? `${len} of ${cap} in it` : '',
    closed === true ? 'closed' : '',
    waiters === undefined ? '' : `${waiters.send} waiting to send, ${waiters.recv} to receive`,
  ].filter((part) => part !== '');
  return [
    html`<b>${id}</b> <code>${name}</code>`,
    `${kind}${elemType === undefined ? '' : ` of ${elemType}`}`,
    html`<code>${address}</code>`,
    state.join('; '),
  ];
}

function groupDetails({ id, count, waitReason, stack, exampleIds, goStatementLocation }: Group): Markup {
  return html`<h3>${id}: ${count.toLocaleString('en-US')} × ${waitReason}</h3>
<p class="dim">Created by <code>${goStatementLocation.function}</code>; for example ${exampleIds.join(', ')}</p>
<ol class="stack">${stack.map((frame) => html`<li><code>${frame.function}</code>${frame.inlined && html` <span class="tag">inlined</span>`}<div class="dim">${frame.file}:${frame.line}</div></li>`)}</ol>`;
}

function expectationSection(rows: readonly ExpectationRow[]): Markup {
  return html`<section><h2>Expected and found</h2>${table(
    ['what', 'expected', 'found', ''],
    rows.map(({ what, expected, found, met }) => [
      what,
      expected,
      found,
      html`<span class="tag ${met ? 'holds' : 'fails'}">${met ? 'met' : 'not met'}</span>`,
    ]),
  )}</section>`;
}

function checklistSection(rows: readonly ChecklistRow[]): Markup {
  return html`<section><h2>The article, claim by claim</h2><p>${checklistSummary(rows)}</p>
${table(
  ['outcome', 'what the article says', 'what this run saw'],
  rows.map(({ outcome, claim, seen, why, evidence }) => [
    html`<span class="tag ${outcome}">${outcome.replace('-', ' ')}</span>`,
    claim,
    html`${seen}${why !== undefined && html`<div class="dim">Why: ${why}</div>`}
<div class="dim"><a href="${encodeURI(evidence.file)}${evidence.at?.startsWith('#') === true && evidence.at}">${evidence.file}</a>${evidence.at !== undefined && ` ${evidence.at}`}</div>`,
  ]),
)}</section>`;
}

function stageSection(record: RunReport['record']): Markup {
  return html`<section><h2>Stages</h2>${table(
    ['stage', 'state', 'time'],
    stagesOf(record).map(({ name, state, ms }) => [
      name,
      state,
      ms === undefined ? '' : `${(ms / 1_000).toFixed(2)} s`,
    ]),
  )}</section>`;
}

function filesSection(files: RunReport['files']): Markup {
  return html`<section><h2>Files</h2>${table(
    ['file', 'bytes', 'content'],
    files.map(({ name, bytes }) => [
      html`<a href="${encodeURI(name)}">${name}</a>`,
      html`<span class="number">${bytes.toLocaleString('en-US')}</span>`,
      contentOf(name),
    ]),
  )}</section>`;
}

function versionsSection({ versions, machine, gitCommit, config }: RunReport['record']): Markup {
  return html`<section><h2>Versions</h2>${table(
    ['what', 'version'],
    [
      ...Object.entries(versions),
      ['machine', `${machine.os}/${machine.arch}, ${machine.cpus} CPUs`],
      ['commit', gitCommit ?? 'unknown'],
      ['configuration', html`<code>${JSON.stringify(config)}</code>`],
    ],
  )}</section>`;
}

function table(head: readonly string[], rows: readonly (readonly (Markup | string | number)[])[]): Markup {
  return html`<div class="wide"><table><thead><tr>${head.map((name) => html`<th>${name}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
}
