import type { Diagnosis, Finding, Instance } from '../../analysis/model/diagnosis.js';
import { counted } from '../../counted.js';
import { allPrintable } from '../../printable.js';
import { wrap } from '../wrap.js';
import type { ScreenOptions } from './options.js';

type Drawn = Pick<ScreenOptions, 'palette' | 'columns'>;

/** Which processes show each finding, what differs between them, and what each is by itself; empty of a single one. */
export function severalText(given: Diagnosis, options: Drawn): string {
  const { findings, instances } = allPrintable(given);
  if (instances === undefined) return '';
  const { palette: p } = options;
  const lines = [
    p.bold('processes'),
    ...instances.flatMap((one) => instanceLines(one, findings, options)),
    ...findings.flatMap((finding) => differenceLines(finding, options)),
  ];
  return `${lines.join('\n')}\n`;
}

function instanceLines(
  { id, name, pid, diagnosis }: Instance,
  findings: readonly Finding[],
  { palette: p, columns }: Drawn,
): string[] {
  const shown = findings.flatMap(({ id: finding, instances = [] }) => {
    const seen = instances.find(({ instance }) => instance === id);
    if (seen === undefined) return [];
    const who = seen.goroutines.slice(0, 4).map((goroutine) => `G${goroutine}`);
    const more = seen.goroutines.length > who.length ? ' ...' : '';
    const behind = seen.victims === 0 ? '' : `, ${counted(seen.victims, 'goroutine')} behind`;
    return [`${finding}: ${who.join(', ')}${more}${behind}`];
  });
  const alone =
    diagnosis.verdict === 'none' && (diagnosis.slow ?? []).length > 0
      ? 'by itself it looks slow'
      : `by itself: ${{ none: 'no deadlock', unknown: 'undecided', deadlock: 'deadlock' }[diagnosis.verdict]}`;
  const process = pid === null ? '' : `, pid ${pid}`;
  const text = `${p.cyan(id)} ${name}${process}: ${counted(diagnosis.process.goroutines.total, 'goroutine')}; ${[...shown, alone].join('; ')}`;
  return wrap(text, { width: columns, indent: '      ', first: '  ', whole: true });
}

function differenceLines({ id, differs = [] }: Finding, { palette: p, columns }: Drawn): string[] {
  if (differs.length === 0) return [];
  return [
    '',
    `${p.bold('differs')}  ${id}`,
    ...differs.flatMap(({ what, values }) => [
      ...wrap(what, { width: columns, indent: '    ', first: '  ' }),
      ...values.flatMap(({ instance, value }) =>
        wrap(`${p.cyan(instance)} ${value}`, { width: columns, indent: '          ', first: '      ' }),
      ),
    ]),
  ];
}
