import prettyBytes from 'pretty-bytes';
import type { Diagnosis, Finding } from '../analysis/model/diagnosis.js';
import { ownLocations } from '../analysis/model/own-frame.js';
import type { ChecklistRow } from '../checklist/row.js';
import type { DelveUsed } from '../delve/used.js';
import type { ExpectationRow } from '../expectation.js';
import { checklistSummary } from './checklist-text.js';
import { conclusionWords } from './conclusion-words.js';
import { delveSentence } from './delve-words.js';
import { markdownCode, escapeMarkdown as text } from './markdown.js';
import { contentOf, type RunReport, stagesOf } from './run-report.js';
import { stampedeRows } from './stampede-rows.js';

/** The run as `report.md`. */
export function reportMarkdown(report: RunReport): string {
  const { record, scenario, diagnosis, expectations, checklist, files } = report;
  const crowd = stampedeRows(report);
  const { conclusion } = record;
  const verdict =
    conclusion === null
      ? ['This run has no conclusion.']
      : [
          `**${conclusionWords[conclusion.verdict]}**: ${text(conclusion.summary)}`,
          list(conclusion.reasons.map(text)),
        ];
  const parts = [
    `# Run ${text(record.id)}`,
    text(`${record.config.scenario}: ${scenario.title}.`),
    ...verdict,
    ...(expectations.length === 0 ? [] : expectationParts(expectations)),
    ...(crowd === undefined
      ? []
      : [
          '## The stampede',
          text(crowd.text),
          table(
            crowd.head,
            crowd.rows.map((row) => row.map(text)),
          ),
          list(crowd.afterwards.map(text)),
        ]),
    ...(diagnosis === undefined ? [] : diagnosisParts(diagnosis)),
    ...(checklist.length === 0 ? [] : checklistParts(checklist)),
    '## Stages',
    table(
      ['stage', 'state', 'time'],
      stagesOf(record).map(({ name, state, ms }) => [
        text(name),
        text(state),
        ms === undefined ? '' : `${(ms / 1_000).toFixed(2)} s`,
      ]),
    ),
    '## Versions',
    versionTable(record),
    '## Files',
    table(
      ['file', 'size', 'content'],
      files.map(({ name, bytes }) => [
        `[${text(name)}](${encodeURI(name)})`,
        prettyBytes(bytes),
        contentOf(name),
      ]),
    ),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function versionTable({ versions, machine, gitCommit, config }: RunReport['record']): string {
  const where = `${machine.os}/${machine.arch}, ${machine.cpus} CPUs, ${prettyBytes(machine.memoryBytes)}`;
  return table(
    ['what', 'version'],
    [
      ...Object.entries(versions).map(([name, version]) => [text(name), text(version)]),
      ['machine', text(where)],
      ['commit', text(gitCommit ?? 'unknown')],
      ['configuration', markdownCode(JSON.stringify(config))],
    ],
  );
}

function expectationParts(rows: readonly ExpectationRow[]): string[] {
  return [
    '## Expected and found',
    table(
      ['what', 'expected', 'found', ''],
      rows.map(({ what, expected, found, met }) => [
        what,
        text(expected),
        text(found),
        met ? 'met' : '**not met**',
      ]),
    ),
  ];
}

function diagnosisParts(diagnosis: Diagnosis): string[] {
  const { verdict, scope, summary, findings, groups, limits, delve } = diagnosis;
  return [
    '## Diagnosis',
    `Verdict: **${verdict}**${scope === null ? '' : ` (${scope})`}. ${text(summary)}`,
    ...(findings.length === 0 || delve === undefined ? [] : [markedSentence(delve)]),
    ...findings.flatMap(findingParts),
    '### Where the goroutines are',
    table(
      ['goroutines', 'function', 'line'],
      ownLocations(groups).map((one) => [String(one.count), markdownCode(one.function), String(one.line)]),
    ),
    ...(limits.length === 0 ? [] : ['### Limits', list(limits.map(text))]),
  ];
}

const markedSentence = (delve: DelveUsed): string =>
  `Open the core in Delve to check the proof by hand. ${delveSentence(delve, markdownCode)}`;

function findingParts({ id, class: kind, subtype, certainty, ...finding }: Finding): string[] {
  return [
    `### ${text(id)}: ${kind}/${subtype}, ${certainty}`,
    text(finding.explanation),
    `Fix: ${text(finding.suggestion)}`,
    ...finding.rootCause.goroutines.flatMap((goroutine) => [
      `Goroutine ${goroutine.id} (${text(goroutine.waitReason)}; ${text(goroutine.role)}):`,
      table(
        ['frame', 'function', 'at', 'arguments and variables'],
        goroutine.stack.map((frame) => [
          String(frame.index),
          `${markdownCode(frame.function)}${frame.inlined ? ' (inlined)' : ''}`,
          markdownCode(`${frame.file}:${frame.line}`),
          (frame.variables ?? []).map(({ name, value }) => markdownCode(`${name} = ${value}`)).join('<br>'),
        ]),
      ),
    ]),
    'The proof, each part with the Delve commands that show it:',
    list(
      finding.evidence.map(
        ({ id, text: said, check }) => `**${text(id)}** ${text(said)} Check: ${markdownCode(check)}`,
      ),
    ),
  ];
}

function checklistParts(rows: readonly ChecklistRow[]): string[] {
  return [
    '## The article, claim by claim',
    checklistSummary(rows),
    table(
      ['outcome', 'what the article says', 'what this run saw', 'evidence'],
      rows.map(({ outcome, claim, seen, why, evidence }) => [
        outcome === 'fails' ? '**fails**' : outcome,
        text(claim),
        text(seen) + (why === undefined ? '' : `<br>Why: ${text(why)}`),
        place(evidence),
      ]),
    ),
  ];
}

function place({ file, at }: ChecklistRow['evidence']): string {
  const anchor = at?.startsWith('#') === true ? at : '';
  const rest = at === undefined || anchor !== '' ? '' : ` ${markdownCode(at)}`;
  return `[${text(file)}${anchor}](${encodeURI(file)}${anchor})${rest}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('\n', ' ')).join(' | ')} |`;
  return rows.length === 0
    ? ''
    : [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
