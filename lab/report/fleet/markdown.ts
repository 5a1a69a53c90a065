import { causeText } from '../../fleet/same-cause.js';
import { checklistSummary } from '../checklist-text.js';
import { conclusionWords } from '../conclusion-words.js';
import { escapeMarkdown as text } from '../markdown.js';
import { stagesOf } from '../run-report.js';
import type { FleetReport } from './read.js';
import { timelineLines } from './text.js';
import {
  analyzeCommand,
  checkText,
  differenceText,
  fateText,
  recoveryText,
  takenOutText,
  togetherCommand,
} from './words.js';

/** The run of a fleet as `report.md`. */
export function fleetMarkdown({ record, result, samples }: FleetReport): string {
  const { conclusion } = record;
  const parts = [
    `# Run ${text(record.id)}`,
    ...(conclusion === null
      ? ['This run has no conclusion.']
      : [
          `**${conclusionWords[conclusion.verdict]}**: ${text(conclusion.summary)}`,
          list(conclusion.reasons.map(text)),
        ]),
    '## The service by instance',
    ['```text', ...timelineLines(samples, 80), '```'].join('\n'),
    ...(result === undefined ? [] : resultParts(result)),
    '## Stages',
    table(
      ['stage', 'state', 'time'],
      stagesOf(record).map(({ name, state, ms }) => [
        text(name),
        text(state),
        ms === undefined ? '' : `${(ms / 1_000).toFixed(2)} s`,
      ]),
    ),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function resultParts(result: NonNullable<FleetReport['result']>): string[] {
  const { instances, findings, balancer, options, checklist } = result;
  const recovery = recoveryText(result);
  const together = togetherCommand(result, '.');
  return [
    table(
      ['instance', 'pid', 'what became of it', 'stood still for its core', 'its core says'],
      instances.map((one) => [
        one.name,
        String(one.pid),
        text(fateText(one, result)),
        one.pausedMs === null ? (one.uncaptured ?? '') : `${one.pausedMs.toFixed(1)} ms`,
        text(one.diagnosis?.summary ?? ''),
      ]),
    ),
    '## What the balancer says',
    `${text(options.balancer)} ${text(balancer.version)}: ${takenOutText(result)}.`,
    table(
      ['hung instance', 'a check over HTTP', 'a bare connect'],
      instances
        .filter(({ hungAt }) => hungAt !== null)
        .map((one) => [one.name, checkText(one, 'http', result), checkText(one, 'tcp', result)]),
    ),
    ...(recovery === undefined ? [] : ['## The rolling restart', text(recovery)]),
    ...(findings.length === 0 ? [] : ['## Root causes']),
    ...findings.flatMap((finding) => [
      `**${finding.id}** ${text(causeText(finding))}`,
      text(finding.explanation ?? ''),
      list(finding.instances.map((one) => text(differenceText(finding, one)))),
      `Repair: ${text(finding.suggestion)}`,
    ]),
    list(
      instances.flatMap((one) => {
        const command = analyzeCommand(one, '.');
        return command === undefined ? [] : [`${one.name}: \`${command}\``];
      }),
    ),
    ...(together === undefined ? [] : [`All of them as one: \`${together}\``]),
    ...(checklist.length === 0
      ? []
      : [
          "## The article's first paragraph",
          checklistSummary(checklist),
          table(
            ['outcome', 'what the article says', 'what this run saw'],
            checklist.map(({ outcome, claim, seen }) => [outcome, text(claim), text(seen)]),
          ),
        ]),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return rows.length === 0
    ? ''
    : [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');
