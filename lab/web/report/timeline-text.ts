import type { Series, Timeline } from '../../report/page-data.js';
import { bytes, number } from './words.js';

/** Rows of the table; a long run is told in larger steps. */
const most = 60;

/** What was at a moment, as a sentence. */
export function momentText(timeline: Timeline, t: number): string {
  const { requests, cpu, memory, stuck, probes, moments, span } = timeline;
  const near = span / 60;
  const probe = nearest(probes, t);
  const moment = moments.find((one) => Math.abs(one.t - t) <= near / 2);
  const parts = [
    `${t.toFixed(1)} s`,
    moment?.label,
    valueAt(requests, t, near, (v) => `${number(v)} requests/s`),
    probe === undefined || Math.abs(probe.t - t) > near
      ? undefined
      : `probe ${probe.kind} after ${number(probe.ms)} ms`,
    valueAt(cpu, t, near, (v) => `${v} % of a processor`),
    valueAt(memory, t, near, bytes),
    valueAt(stuck, t, near, (v) => `${number(v)} stuck`),
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

/** The timeline in equal steps, as cells of text. */
export function rowsOf({ span, requests, cpu, memory, stuck, probes, moments }: Timeline): string[][] {
  const step =
    [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600].find((one) => (span + 0.001) / one <= most) ?? span / most;
  return Array.from({ length: Math.ceil((span + 0.001) / step) }, (_, i) => {
    const [from, to] = [i * step, (i + 1) * step];
    const within = ({ t }: { readonly t: number }): boolean => t >= from && t < to;
    const here = probes.filter(within);
    const answered = here.filter(({ kind }) => kind === 'answered').length;
    const last = ({ t, v }: Series): number | undefined => v.findLast((_, k) => within({ t: t[k] ?? -1 }));
    const said = (value: number | undefined, words: (v: number) => string): string =>
      value === undefined ? '' : words(value);
    return [
      `${from.toFixed(step < 1 ? 1 : 0)} s`,
      moments
        .filter(within)
        .map(({ label }) => label)
        .join(', '),
      said(last(requests), number),
      here.length === 0 ? '' : number(answered),
      here.length === 0 ? '' : number(here.length - answered),
      said(last(cpu), (v) => `${v} %`),
      said(last(memory), bytes),
      said(last(stuck), number),
    ];
  });
}

function valueAt(
  { t, v }: Series,
  at: number,
  near: number,
  words: (v: number) => string,
): string | undefined {
  const found = nearest(
    t.map((time, i) => ({ t: time, v: v[i] ?? 0 })),
    at,
  );
  return found === undefined || Math.abs(found.t - at) > near ? undefined : words(found.v);
}

function nearest<T extends { readonly t: number }>(rows: readonly T[], at: number): T | undefined {
  return rows.reduce<T | undefined>(
    (best, row) => (best === undefined || Math.abs(row.t - at) < Math.abs(best.t - at) ? row : best),
    undefined,
  );
}
