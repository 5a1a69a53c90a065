import type { DoctorRow } from '../toolchain/doctor.js';

const width = 80;
const words: Readonly<Record<DoctorRow['status'], string>> = {
  ok: 'ok',
  missing: 'MISSING',
  warning: 'warning',
};

/** `lab doctor`'s table: 80 columns, no colours; commands stand on lines of their own and are never cut. */
export function doctorText(rows: readonly DoctorRow[]): string {
  const nameWidth = Math.max(...rows.map(({ name }) => name.length), 0);
  const indent = ' '.repeat(9 + nameWidth + 2);
  const lines = rows.flatMap((row) => {
    const head = `${words[row.status].padEnd(9)}${row.name.padEnd(nameWidth)}  `;
    const needed = row.needed.startsWith('optional') ? row.needed : `needed: ${row.needed}`;
    const text = row.status === 'ok' ? row.found : `${row.found}; ${needed}`;
    const [first = '', ...rest] = wrap(text, width - indent.length);
    return [
      head + first,
      ...rest.map((line) => indent + line),
      ...(row.mend === undefined || row.status === 'ok' ? [] : [`${indent}-> ${row.mend}`]),
    ];
  });
  return `${[...lines, '', conclusion(rows)].join('\n')}\n`;
}

function conclusion(rows: readonly DoctorRow[]): string {
  const missing = rows.filter(({ status }) => status === 'missing').map(({ name }) => name);
  if (missing.length === 0) return 'Everything that the main job needs is here.';
  return wrap(`Missing: ${missing.join(', ')}. Do what the arrows say, then look again.`, width).join('\n');
}

/** Breaks at spaces; a word that is too long keeps a line to itself. */
function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
