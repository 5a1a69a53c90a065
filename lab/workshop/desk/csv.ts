import type { ClassView } from './class-view.js';

const columns = [
  ...['name', 'host', 'lesson', 'step', 'title', 'state', 'hints', 'began_at', 'met_at', 'minutes'],
] as const;

/** The grid as CSV (RFC 4180), a row for each participant and step; times are ISO 8601, minutes those from begun to met. */
export function classCsv({ lessons, seats }: Pick<ClassView, 'lessons' | 'seats'>): string {
  const rows = seats.flatMap(({ name, host, lessons: standings }) =>
    lessons.flatMap((lesson) =>
      lesson.steps.map(({ id, title }) => {
        const { state, hints, beganAt, metAt } = standings[lesson.name]?.[id] ?? { state: 'open', hints: 0 };
        const minutes =
          beganAt === undefined || metAt === undefined
            ? ''
            : ((Date.parse(metAt) - Date.parse(beganAt)) / 60_000).toFixed(1);
        return [
          name,
          host,
          lesson.name,
          id,
          title,
          state,
          String(hints),
          beganAt ?? '',
          metAt ?? '',
          minutes,
        ];
      }),
    ),
  );
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** What a spreadsheet would take for a formula begins with an apostrophe. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
