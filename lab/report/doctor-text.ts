import type { DoctorRow } from '../doctor/doctor.js';
import { textWidth, wrap } from './wrap.js';

/** Columns that a text needs to be read beside a name. */
const leastText = 30;

const words: Readonly<Record<DoctorRow['status'], string>> = {
  ok: 'ok',
  missing: 'MISSING',
  warning: 'warning',
};

/** `lab doctor`'s table: no colours; commands stand on lines of their own and are never cut. */
export function doctorText(rows: readonly DoctorRow[], width = textWidth): string {
  const nameWidth = Math.max(...rows.map(({ name }) => name.length), 0);
  const beside = 9 + nameWidth + 2;
  const narrow = width - beside < leastText;
  const indent = ' '.repeat(narrow ? 4 : beside);
  const hosts = [...new Set(rows.map(({ host }) => host))];
  const lines = hosts.flatMap((host) => [
    ...(host === hosts[0] ? [] : ['']),
    `On ${host}`,
    ...rows.filter((row) => row.host === host).flatMap(linesOf),
  ]);
  function linesOf(row: DoctorRow): string[] {
    const head = `${words[row.status].padEnd(9)}${row.name.padEnd(nameWidth)}  `;
    const needed = row.needed.startsWith('optional') ? row.needed : `needed: ${row.needed}`;
    const text = row.status === 'ok' ? row.found : `${row.found}; ${needed}`;
    const lines = wrap(text, { width, indent, whole: true });
    const [first = '', ...rest] = lines;
    return [
      ...(narrow ? [head.trimEnd(), ...lines] : [head + first.trimStart(), ...rest]),
      ...(row.mend === undefined || row.status === 'ok' ? [] : [`${indent}-> ${row.mend}`]),
    ];
  }
  return `${[...lines, '', conclusion(rows, width)].join('\n')}\n`;
}

function conclusion(rows: readonly DoctorRow[], width: number): string {
  const missing = rows.filter(({ status }) => status === 'missing').map(({ name }) => name);
  if (missing.length === 0) return 'Ready to run.';
  return wrap(`Missing: ${missing.join(', ')}. Run the commands behind the arrows, then look again.`, {
    width,
  }).join('\n');
}
