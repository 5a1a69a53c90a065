import { countOutcomes } from '../checklist/checklist.js';
import { counted } from '../counted.js';
import type { ExpectationRow } from '../expectation.js';
import { quoteWord } from '../quote-word.js';
import { conclusionWords } from './conclusion-words.js';
import { type RunReport, stillAnswered } from './run-report.js';
import { diagnosisText } from './screen/full-text.js';
import type { ScreenOptions } from './screen/options.js';
import { shownPath } from './shown-path.js';
import { glued, wrap } from './wrap.js';

export interface RunTextOptions extends Pick<ScreenOptions, 'columns' | 'links' | 'palette' | 'sources'> {
  /** The run's folder. */
  readonly dir: string;
}

/** The end of `lab run`: the screen of its diagnosis, whether that was expected, and where its page is. */
export function runText(report: RunReport, options: RunTextOptions): string {
  const { record, diagnosis, files } = report;
  const folder = shownPath(options.dir);
  const page = files.some(({ name }) => name === 'report.html') ? `${folder}/report.html` : undefined;
  const closing = conclusionLines(report, folder, options);
  if (diagnosis === undefined) {
    const { bold } = options.palette;
    const place = page === undefined ? `  ${bold('files')}  ${folder}` : `  ${bold('page')}   ${page}`;
    return `${[...closing, '', place].join('\n')}\n`;
  }
  return diagnosisText(diagnosis, {
    ...{ ...options, page, closing },
    again: `npx lab analyze --run ${quoteWord(folder)}`,
    answered: stillAnswered(record),
  });
}

function conclusionLines(
  { record: { conclusion }, expectations, checklist }: RunReport,
  folder: string,
  { palette: p, columns }: Pick<RunTextOptions, 'palette' | 'columns'>,
): string[] {
  if (conclusion === null) return ['This run has no conclusion.'];
  const { verdict, summary, reasons } = conclusion;
  const paint = { confirmed: p.green, refuted: p.red, unknown: p.yellow }[verdict];
  const met = expectations.length > 0 && expectations.every((row) => row.met);
  const what = verdict === 'confirmed' && met ? metText(expectations) : summary;
  const counts = countOutcomes(checklist);
  const command = `npx lab checklist ${quoteWord(folder)}`.replaceAll(' ', glued);
  const claims =
    checklist.length === 0
      ? []
      : [
          `the article: ${counts.holds} of ${checklist.length} claims hold, ${counts.differs} differ, ${counts.fails} fail: ${command}`,
        ];
  return [
    ...wrap(`${p.bold(paint(conclusionWords[verdict]))}: ${what}`, { width: columns }),
    ...reasons.flatMap((reason) => wrap(reason, { width: columns, indent: '  ', first: '- ' })),
    ...claims.flatMap((claim) => wrap(claim, { width: columns, indent: '  ', first: '', whole: true })),
  ];
}

/** What was as expected; of the victims how many there were. */
const metText = (rows: readonly ExpectationRow[]): string =>
  [
    ...new Set(
      rows
        .filter(({ what }) => what !== 'verdict' || rows.length === 1)
        .map(({ what, found }) => (what === 'victims' ? counted(Number(found), 'victim') : what)),
    ),
  ].join(', ');
