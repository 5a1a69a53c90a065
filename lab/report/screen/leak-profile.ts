import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { shortName } from '../../analysis/model/own-frame.js';
import { counted } from '../../counted.js';
import { allPrintable } from '../../printable.js';
import { clipEnd, glued, padTo, wrap } from '../wrap.js';
import { placeText } from './excerpt.js';
import { shortPlaces } from './limits.js';
import type { ScreenOptions } from './options.js';

const mostRows = 20;
const names = { both: 'both', runtime: 'the runtime', lab: 'the lab' } as const;
const indent = ' '.repeat(32);

/** The runtime's leak profile beside the diagnosis, as a table with a reason below each row; empty without a profile. */
export function leakProfileText(diagnosis: Diagnosis, options: ScreenOptions): string {
  const beside = diagnosis.leakProfile && allPrintable(diagnosis.leakProfile);
  if (beside === undefined) return '';
  const { palette: p, columns } = options;
  const { groups, limits } = beside;
  const shown = groups.slice(0, mostRows);
  const rows = shown.flatMap(({ seenBy, group, stuck, leaked, place, waitReason, why }) => {
    const numbers = [stuck, leaked].map((n) => n.toLocaleString('en-US').padStart(8)).join('');
    const reason = waitReason === '' ? '' : ` (${waitReason})`;
    const where = `${shortName(place.function)} ${p.dim(placeText(place, options))}${reason}`;
    return [
      clipEnd(`  ${padTo(names[seenBy], 12)}${numbers}  ${padTo(group ?? '-', 4)} ${where}`, columns),
      ...wrap(shortPlaces(why), { width: columns, indent }),
    ];
  });
  const more = groups.length - shown.length;
  return [
    ...wrap(p.bold("Beside the runtime's leak profile") + headText(beside), {
      width: columns,
      indent: '  ',
      first: '',
    }),
    ...(shown.length === 0
      ? []
      : ['', `  ${p.dim('seen by        stuck  leaked  group and place')}`, ...rows]),
    ...(more > 0 ? [`  and ${counted(more, 'more group')}; --json has all`] : []),
    ...limits.flatMap((limit) =>
      wrap(`${p.yellow('limit')}${glued}${glued}${limit}`, {
        width: columns,
        indent: '       ',
        first: '  ',
      }),
    ),
    '',
  ].join('\n');
}

function headText({
  source,
  secondsBefore,
  goroutines,
  groups,
}: NonNullable<Diagnosis['leakProfile']>): string {
  const taken =
    secondsBefore === null || secondsBefore === 0
      ? ''
      : `, taken ${Math.abs(secondsBefore)} s ${secondsBefore > 0 ? 'earlier' : 'later'}`;
  const none = groups.length === 0 ? ', and the diagnosis none stuck' : '';
  return ` (${source}${taken}): it calls ${counted(goroutines, 'goroutine')} leaked${none}`;
}
