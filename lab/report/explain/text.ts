import { shortName } from '../../analysis/model/own-frame.js';
import { counted, number } from '../../counted.js';
import { allPrintable } from '../../printable.js';
import { placeText } from '../screen/excerpt.js';
import type { ScreenOptions } from '../screen/options.js';
import { prompted } from '../shell.js';
import { glued, padTo, wrap } from '../wrap.js';
import type { RuleExplanation } from './rule.js';
import type { SubjectExplanation } from './subject.js';

type Drawn = Pick<ScreenOptions, 'palette' | 'columns' | 'links' | 'sources'>;

/** As wide as the longest, so that they stand in a column. */
const countsWords = Object.fromEntries(
  ['certain', 'may', 'ruled-out'].map((word) => [
    word,
    padTo(word.replace('-', ' '), 11).replaceAll(' ', glued),
  ]),
);
const mostWaiters = 8;
const mostReleasers = 12;

export function ruleText({ rule, classes, finds, examples, page }: RuleExplanation, options: Drawn): string {
  const { palette: p, columns } = options;
  const [example, ...others] = examples;
  const parts = [
    [`${p.bold(rule)}  ${p.dim(classes.join(', '))}`, '', ...wrap(finds, { width: columns, indent: '  ' })],
    ...(example === undefined
      ? []
      : [
          [p.bold(`Example: ${example.title}`), ...markdownLines(example.story, columns)],
          [p.bold('What to look for'), ...markdownLines(example.lookFor, columns)],
          [p.bold('Fix'), ...markdownLines(example.fix, columns)],
        ]),
    [
      p.bold('More'),
      ...(example === undefined ? [] : [`  npx lab run ${example.scenario}`]),
      ...[...(example === undefined ? [] : [example]), ...others].map((one) => `  ${one.page}: ${one.title}`),
      `  ${page}`,
    ],
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** Paragraphs and lists are wrapped; code stands as it is. */
function markdownLines(text: string, columns: number): string[] {
  const blocks = text.split(/(^```[\s\S]*?^```$)/m);
  return blocks.flatMap((block) => {
    if (block.startsWith('```')) {
      return [
        '',
        ...block
          .split('\n')
          .slice(1, -1)
          .map((line) => `      ${line}`.trimEnd()),
        '',
      ];
    }
    return block
      .split(/\n\s*\n|\n(?=\d+\. |- )/)
      .filter((one) => one.trim() !== '')
      .flatMap((one) => wrap(one.replaceAll('`', ''), { width: columns, indent: '  ' }));
  });
}

export function subjectText(given: SubjectExplanation, options: Drawn): string {
  const told = allPrintable(given);
  const { palette: p, columns } = options;
  const item = (text: string): string[] => wrap(text, { width: columns, indent: '      ', first: '    ' });
  const part = (title: string, lines: readonly string[], none: string): string[] => [
    p.bold(`  ${title}`),
    ...(lines.length === 0 ? item(none) : lines),
  ];
  const { kind, waitsFor, releasers, holds, waitedForBy, findings, check } = told;
  const parts = [
    headLines(told, options),
    kind === 'object'
      ? []
      : part(
          'waits for',
          waitsFor.flatMap((one) =>
            item(`${p.cyan(one.id)} ${one.name} (${one.kind} ${one.address})${stateOf(one)}`),
          ),
          'nothing that the program has made: see the wait reason',
        ),
    part(
      'could end it',
      releasers
        .slice(0, mostReleasers)
        .flatMap(({ who, counts, why }) => item(`${countsWords[counts]}${who}: ${why}`)),
      'this diagnosis did not record who; --proof has what was looked at',
    ),
    ...(releasers.length > mostReleasers
      ? [[`    ... ${number(releasers.length - mostReleasers)} more`]]
      : []),
    ...(kind === 'object'
      ? []
      : [
          part(
            'holds',
            holds.flatMap(({ object, why }) => item(`${object}: ${why}`)),
            'nothing that others were seen to wait for',
          ),
        ]),
    part(
      'waits for it',
      waitedForBy
        .slice(0, mostWaiters)
        .flatMap(({ who, goroutines, object }) =>
          item(`${p.cyan(who)} ${counted(goroutines, 'goroutine')} at ${object}`),
        ),
      'nobody was seen to',
    ),
    ...(waitedForBy.length > mostWaiters
      ? [[`    ... ${counted(waitedForBy.length - mostWaiters, 'more group')}`]]
      : []),
    findings.length === 0
      ? []
      : [p.bold('  part of'), ...findings.flatMap(({ id, rule, as }) => item(`${id} ${rule}, as ${as}`))],
    check.length === 0 ? [] : [p.bold('  see'), ...check.map((one) => `    ${p.cyan(prompted(one))}`)],
  ];
  return `${parts.flat().join('\n')}\n`;
}

const stateOf = ({ state }: { readonly state?: string }): string => (state === undefined ? '' : `: ${state}`);

function headLines(told: SubjectExplanation, options: Drawn): string[] {
  const { palette: p, columns } = options;
  const { kind, id, name, count, group, waitReason, place, waitedSeconds, outlook, outlookReason, waitsFor } =
    told;
  if (kind === 'object') {
    const [own] = waitsFor;
    const what = own === undefined ? '' : ` (${own.kind} ${own.address})${stateOf(own)}`;
    return wrap(
      `${p.bold(`${id} ${name ?? ''}`)}${what}; ${counted(count, 'goroutine')} ${count === 1 ? 'waits' : 'wait'} for it`,
      {
        width: columns,
        indent: '  ',
        first: '',
      },
    );
  }
  const who = kind === 'goroutine' ? `${id}, of group ${group}` : `${id}, ${counted(count, 'goroutine')}`;
  const at = place === undefined ? '' : `, in ${shortName(place.function)} at ${placeText(place, options)}`;
  const since = waitedSeconds === undefined ? '' : `, for at least ${number(waitedSeconds)} s`;
  const reason = waitReason === '' || waitReason === undefined ? 'not parked' : `"${waitReason}"`;
  return [
    ...wrap(`${p.bold(who)}: ${reason}${at}${since}`, { width: columns, indent: '  ', first: '' }),
    ...(outlook === undefined
      ? []
      : wrap(`outlook: ${p.bold(outlook)}${outlookReason === undefined ? '' : `, ${outlookReason}`}`, {
          ...{ width: columns, indent: '    ', first: '  ' },
        })),
  ];
}
