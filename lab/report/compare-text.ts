import type { ComparedGroup, Comparison } from '../compare/compare.js';
import { allPrintable } from '../printable.js';
import { clipEnd, padTo, wrap } from './wrap.js';

const mostRows = 20;

/** Several looks at one process, for a terminal of `columns` columns. */
export function comparisonText(given: Comparison, { columns }: { readonly columns: number }): string {
  const { looks, suspects, groups, summary, limits } = allPrintable(given);
  const lines = looks.flatMap(({ name, kind, time, verdict, goroutines }, i) =>
    wrap(
      `${kind} ${name}${time === null ? '' : `, ${time}`}: ${goroutines.total} goroutines, ${goroutines.blocked} blocked; verdict ${verdict}`,
      { width: columns, indent: '     ', first: padTo(`${i + 1}`, 5) },
    ),
  );
  lines.push('');
  if (suspects.length === 0) lines.push(...wrap(summary, { width: columns }));
  for (const { text, group } of suspects)
    lines.push(...wrap(text, { width: columns, indent: '     ', first: padTo(group, 5) }));
  const rows = groups.filter(({ waitReason }) => waitReason !== '').slice(0, mostRows);
  if (rows.length > 0) {
    const heads = [...looks.map((_, i) => `look ${i + 1}`), 'still', 'came', 'went'];
    lines.push('', `     ${heads.map((head) => head.padStart(7)).join('')}  where`);
    for (const row of rows) {
      const numbers = [...row.counts, row.unmoved, row.came, row.went];
      const text = numbers.map((n) => (n === null ? '?' : n.toLocaleString('en-US')).padStart(7)).join('');
      lines.push(clipEnd(`${padTo(row.id, 5)}${text}  ${placeOf(row)}`, columns));
    }
    const more = groups.filter(({ waitReason }) => waitReason !== '').length - rows.length;
    if (more > 0) lines.push(`     and ${more} more; --json has all`);
  }
  for (const limit of limits)
    lines.push('', ...wrap(limit, { width: columns, indent: '       ', first: 'limit  ' }));
  return lines.join('\n');
}

/** The innermost function outside of the runtime and package sync. */
function placeOf({ stack, userLocation, waitReason }: ComparedGroup): string {
  const {
    function: name,
    file,
    line,
  } = stack.find(({ function: f }) => !/^(?:internal\/)?(?:runtime|sync|poll)\./.test(f)) ?? userLocation;
  const short = name.slice(name.lastIndexOf('/') + 1);
  return `${short} ${file.slice(file.lastIndexOf('/') + 1)}:${line} (${waitReason})`;
}
