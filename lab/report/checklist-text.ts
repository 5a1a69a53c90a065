import { countOutcomes } from '../checklist/checklist.js';
import type { ChecklistRow, Outcome } from '../checklist/row.js';
import type { ScreenOptions } from './screen/options.js';
import { wrap } from './wrap.js';

const words: Readonly<Record<Outcome, string>> = {
  holds: 'holds  ',
  differs: 'differs',
  fails: 'FAILS  ',
  'not-observed': 'unseen ',
};

/** The checklist, as wide as the terminal: the outcome as a word, the claim, what was seen, why it differs. */
export function checklistText(
  rows: readonly ChecklistRow[],
  { palette: colours, columns: width }: Pick<ScreenOptions, 'palette' | 'columns'>,
): string {
  const paint: Readonly<Record<Outcome, (text: string) => string>> = {
    holds: colours.green,
    differs: colours.yellow,
    fails: colours.red,
    'not-observed': colours.dim,
  };
  const indent = ' '.repeat(9);
  const lines = rows.flatMap((row) => {
    const word = words[row.outcome];
    const [first = '', ...more] = wrap(row.claim, { width, indent });
    const seen = wrap(`seen: ${row.seen}`, { width, indent });
    const why = row.why === undefined ? [] : wrap(`why: ${row.why}`, { width, indent });
    return [
      `${paint[row.outcome](word)}  ${first.slice(indent.length)}`,
      ...more,
      ...seen.map(colours.dim),
      ...why,
    ];
  });
  return [...lines, '', checklistSummary(rows)].join('\n');
}

/** One line: how many claims hold, differ, fail, were not observed. */
export function checklistSummary(rows: readonly ChecklistRow[]): string {
  const counts = countOutcomes(rows);
  const parts = [
    `${counts.holds} hold`,
    `${counts.differs} differ, with the reason known`,
    `${counts.fails} fail`,
    ...(counts['not-observed'] === 0 ? [] : [`${counts['not-observed']} not observed`]),
  ];
  return `${rows.length} claims: ${parts.join('; ')}`;
}
