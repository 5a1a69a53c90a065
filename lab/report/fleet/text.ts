import { causeText } from '../../fleet/same-cause.js';
import type { FleetSample } from '../../fleet/sample.js';
import { checklistSummary } from '../checklist-text.js';
import { conclusionWords } from '../conclusion-words.js';
import type { ScreenOptions } from '../screen/options.js';
import { shownPath } from '../shown-path.js';
import { padTo, wrap } from '../wrap.js';
import type { FleetReport } from './read.js';
import {
  analyzeCommand,
  checkText,
  differenceText,
  fateText,
  recoveryText,
  seconds,
  stateWords,
  takenOutText,
  togetherCommand,
} from './words.js';

export interface FleetTextOptions extends Pick<ScreenOptions, 'columns' | 'palette'> {
  /** The run's folder. */
  readonly dir: string;
}

/** The end of `lab run fleet` for a person: the verdict, the service by instance, the balancer's view, the root cause. */
export function fleetText({ record, result, samples }: FleetReport, options: FleetTextOptions): string {
  const { palette: p, columns: width, dir } = options;
  const folder = shownPath(dir);
  const { conclusion } = record;
  const item = (text: string) => wrap(text, { width, indent: '    ', first: '  - ' });
  const verdict =
    conclusion === null
      ? ['This run has no conclusion.']
      : [
          ...wrap(
            `${p.bold(paintOf(conclusion.verdict, p)(conclusionWords[conclusion.verdict]))}: ${conclusion.summary}`,
            {
              width,
            },
          ),
          ...conclusion.reasons.flatMap(item),
        ];
  if (result === undefined) return `${[...verdict, '', `  ${p.bold('files')}  ${folder}`].join('\n')}\n`;
  const { instances, findings, balancer, options: asked, checklist } = result;
  const hung = instances.filter(({ hungAt }) => hungAt !== null);
  const recovery = recoveryText(result);
  const together = togetherCommand(result, folder);
  const lines = [
    ...verdict,
    '',
    p.bold('the service'),
    ...timelineLines(samples, width).map((line) => `  ${line}`),
    ...instances.flatMap((one) => item(`${one.name} (pid ${one.pid}): ${fateText(one, result)}`)),
    '',
    p.bold(`what ${asked.balancer} ${balancer.version} says`),
    ...item(takenOutText(result)),
    ...hung.flatMap((one) =>
      item(
        `${one.name}: HTTP ${checkText(one, 'http', result)}; a bare connect ${checkText(one, 'tcp', result)}`,
      ),
    ),
    ...(balancer.ended === null ? [] : item(balancer.ended)),
    ...(recovery === undefined ? [] : ['', p.bold('the rolling restart'), ...item(recovery)]),
    ...(findings.length === 0
      ? []
      : ['', p.bold(findings.length === 1 ? 'one root cause' : `${findings.length} root causes`)]),
    ...findings.flatMap((finding) => [
      ...wrap(`${finding.id}  ${causeText(finding)}`, { width, indent: '      ', first: '  ' }),
      ...(finding.explanation === undefined ? [] : item(finding.explanation)),
      ...finding.instances.flatMap((one) => item(differenceText(finding, one))),
      ...item(`repair: ${finding.suggestion}`),
    ]),
    '',
    ...instances.flatMap((one) => {
      const command = analyzeCommand(one, folder);
      return command === undefined ? [] : [`  ${p.dim(padTo(one.name, 5))} ${command}`];
    }),
    ...(together === undefined ? [] : [`  ${p.dim('all  ')} ${together}`]),
    ...(checklist.length === 0
      ? []
      : [`  ${p.dim('story')} ${checklistSummary(checklist)}: npx lab checklist ${folder}`]),
    `  ${p.bold('page')}  ${folder}/report.html`,
  ];
  return `${lines.join('\n')}\n`;
}

function paintOf(
  verdict: 'confirmed' | 'refuted' | 'unknown',
  p: FleetTextOptions['palette'],
): (text: string) => string {
  return { confirmed: p.green, refuted: p.red, unknown: p.yellow }[verdict];
}

/** A line for each instance, a character for each stretch of time, and what the characters mean. */
export function timelineLines(samples: readonly FleetSample[], width: number): string[] {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return [];
  const names = first.instances.map(({ name }) => name);
  const label = Math.max(...names.map((name) => name.length)) + 1;
  const cells = Math.max(10, Math.min(60, width - label - 4));
  const stretch = Math.max(250, (last.at - first.at) / cells);
  const used = new Set<string>();
  const rows = names.map((name) => {
    const marks = Array.from({ length: Math.ceil((last.at - first.at) / stretch) || 1 }, (_, i) => {
      const from = first.at + i * stretch;
      const within = samples.filter(({ at }) => at >= from && at < from + stretch);
      const row = (within.at(-1) ?? samples.findLast(({ at }) => at < from))?.instances.find(
        (one) => one.name === name,
      );
      const [word, mark] = stateWords[row?.state ?? 'starting'];
      used.add(`${mark} ${word}`);
      return mark;
    });
    return `${padTo(name, label)}${marks.join('')}`;
  });
  return [...rows, `${' '.repeat(label)}${[...used].join('   ')}; ${seconds(stretch)} each`];
}
