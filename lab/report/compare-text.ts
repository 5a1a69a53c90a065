import type { Location } from '../analysis/model/diagnosis.js';
import { shortName } from '../analysis/model/own-frame.js';
import type { ComparedGroup, Comparison } from '../compare/model.js';
import { isWaiting } from '../compare/suspects.js';
import { counted } from '../counted.js';
import { allPrintable } from '../printable.js';
import { clipEnd, padTo, wrap } from './wrap.js';

const mostRows = 20;

/** Several looks at one process, or one each at several, for a terminal of `columns` columns. */
export function comparisonText(given: Comparison, { columns }: { readonly columns: number }): string {
  const { looks, suspects, groups, summary, busy, limits, processes } = allPrintable(given);
  const lines = looks.flatMap(({ name, kind, time, verdict, goroutines, isLight }, i) =>
    wrap(
      `${kind} ${name}${time === null ? '' : `, ${time}`}: ${goroutines.total} goroutines, ${goroutines.blocked} blocked; ${isLight ? 'only stacks and waits' : `verdict ${verdict}`}`,
      { width: columns, indent: '     ', first: padTo(`${i + 1}`, 5) },
    ),
  );
  lines.push('');
  if (suspects.length === 0) lines.push(...wrap(summary, { width: columns }));
  for (const { text, group } of suspects)
    lines.push(...wrap(text, { width: columns, indent: '     ', first: padTo(group, 5) }));
  for (const { place, goroutines } of busy ?? [])
    lines.push(...wrap(busyText(place, goroutines), { width: columns, indent: '     ', first: 'ran  ' }));
  const waiting = groups.filter(isWaiting);
  const rows = waiting.slice(0, mostRows);
  if (rows.length > 0) {
    // Of several processes no goroutine is another one's.
    const moves = processes === undefined ? ['still', 'came', 'went'] : [];
    const heads = [...looks.map((_, i) => `look ${i + 1}`), ...moves];
    lines.push('', `     ${heads.map((head) => head.padStart(7)).join('')}  where`);
    for (const row of rows) {
      const moved = processes === undefined ? [row.unmoved, row.came, row.went] : [];
      const numbers = [...row.counts, ...moved];
      const text = numbers.map((n) => (n === null ? '?' : n.toLocaleString('en-US')).padStart(7)).join('');
      lines.push(clipEnd(`${padTo(row.id, 5)}${text}  ${placeOf(row)}`, columns));
    }
    const more = waiting.length - rows.length;
    if (more > 0) lines.push(`     and ${more} more; --json has all`);
  }
  for (const limit of limits)
    lines.push('', ...wrap(limit, { width: columns, indent: '       ', first: 'limit  ' }));
  return lines.join('\n');
}

function busyText({ function: name, file, line }: Location, count: number): string {
  const place = `${shortName(name)} (${file.slice(file.lastIndexOf('/') + 1)}:${line})`;
  return `${counted(count, 'goroutine')} in ${place} ran, or could have, in every look.`;
}

/** Where its own code stands, and what it waits for. */
function placeOf({ place: { function: name, file, line }, object, waitReason }: ComparedGroup): string {
  const why = [waitReason, object].filter(Boolean).join(' of ');
  return `${shortName(name)} ${file.slice(file.lastIndexOf('/') + 1)}:${line}${why === '' ? '' : ` (${why})`}`;
}
