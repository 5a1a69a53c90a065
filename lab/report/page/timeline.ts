import { z } from 'zod';
import type { ProcessStats } from '../../hang/process-stats.js';
import type { CrowdSample } from '../../stampede/facts.js';
import type { RunRecord } from '../../store/run-record.js';
import type { GoroutineCount } from '../../store/series.js';
import type { Phase, Series, Timeline } from '../page-data.js';
import type { RunReport } from '../run-report.js';

/** How much is shown after it is known that a server hangs. */
const afterVerdictMs = 2_000;
/** More points than this are not to be seen. */
const mostPoints = 1_500;

const outcomeSchema = z.looseObject({
  outcome: z.looseObject({
    kind: z.string().optional(),
    load: z.looseObject({ startedAt: z.number() }).optional(),
    lastByteAt: z.number().optional(),
    verdictAt: z.number().optional(),
    at: z.number().optional(),
  }),
});
const factsSchema = z.looseObject({ facts: z.looseObject({ endedAt: z.number() }) });

export interface Recorded extends Pick<RunReport, 'record' | 'samples' | 'probes'> {
  readonly looks: readonly Pick<ProcessStats, 'at' | 'cpuMs' | 'rssBytes'>[];
  readonly crowd: readonly CrowdSample[];
  readonly counts: readonly GoroutineCount[];
}

/**
 * The run over time, from the start of the load until two seconds after the verdict, as far as there were both;
 * `undefined` when nothing was recorded.
 */
export function timelineOf(recorded: Recorded): Timeline | undefined {
  const { record, samples, looks, crowd, counts } = recorded;
  const lasting = spanOf(recorded);
  if (lasting === undefined) return undefined;
  const [start, end] = lasting;
  const t = (at: number): number => Math.round(at - start) / 1_000;
  const within = ({ at }: { readonly at: number }): boolean => at >= start && at <= end;
  const series = <T extends { readonly at: number }>(
    all: readonly T[],
    value: (row: T) => number,
  ): Series => {
    const rows = all.filter(within);
    return thin({ t: rows.map(({ at }) => t(at)), v: rows.map((row) => Math.round(value(row))) });
  };
  const probes = recorded.probes.filter(within);
  const memory = looks.length > 0 ? looks : crowd;
  return {
    start,
    span: t(end),
    requests: series(rates(settled(samples, silentFrom(record))), ({ perSecond }) => perSecond),
    cpu: series(loads(looks), ({ percent }) => percent),
    memory: series<{ at: number; rssBytes: number }>(memory, ({ rssBytes }) => rssBytes),
    stuck:
      crowd.length > 0
        ? series(crowd, ({ unanswered }) => unanswered)
        : series(aboveIdle(counts), ({ goroutines }) => goroutines),
    probes: every(probes, mostPoints).map(({ at, ms, kind }) => ({ t: t(at), ms: Math.round(ms), kind })),
    moments: momentsOf(record)
      .filter(within)
      .map(({ at, label }) => ({ t: t(at), label })),
    phases: phasesOf(recorded, lasting).map(({ name, from, to }) => ({ name, from: t(from), to: t(to) })),
  };
}

/** When the axis begins and ends, milliseconds of the Unix epoch. */
function spanOf({
  record,
  samples,
  probes,
  looks,
  crowd,
  counts,
}: Recorded): readonly [number, number] | undefined {
  const times = [...samples, ...probes, ...looks, ...crowd, ...counts].map(({ at }) => at);
  if (times.length < 2) return undefined;
  const moments = momentsOf(record);
  const all = [...times, ...moments.map(({ at }) => at)];
  const [first, last] = all.reduce(
    ([least, most], at) => [Math.min(least, at), Math.max(most, at)] as const,
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const,
  );
  const momentAt = (wanted: string): number | undefined => moments.find(({ label }) => label === wanted)?.at;
  const verdict = momentAt('verdict');
  const start = momentAt('load starts') ?? first;
  // What was looked at last stands for a verdict that there was none of.
  const until = verdict ?? times.reduce((latest, at) => Math.max(latest, at), start);
  const end = Math.min(last, until + afterVerdictMs);
  return end <= start ? undefined : [start, end];
}

/** What a client would say of the server, from the first sign that something is wrong; nothing is inferred from load alone. */
function phasesOf({ record, probes }: Recorded, [start, end]: readonly [number, number]): readonly Phase[] {
  const { outcome } = outcomeSchema.safeParse(record.stages['load']?.result).data ?? {};
  const failed = probes.filter(({ at, kind }) => kind !== 'answered' && at >= start && at <= end);
  const hung = outcome?.kind === 'hung' ? outcome.verdictAt : undefined;
  const silent = outcome?.kind === 'hung' ? outcome.lastByteAt : undefined;
  const signs = [...failed.map(({ at }) => at), ...(silent === undefined ? [] : [silent])];
  const sign = Math.min(...signs.filter((at) => at >= start), end);
  const until = hung ?? Math.max(sign, ...failed.map(({ at, ms }) => at + ms));
  const marks: readonly Phase[] = [
    { name: 'healthy', from: start, to: Math.min(sign, end) },
    { name: 'failing', from: sign, to: Math.min(until, end) },
    { name: hung === undefined ? 'healthy' : 'hung', from: until, to: end },
  ];
  return marks.filter(({ from, to }) => to > from);
}

function momentsOf({ stages }: RunRecord): { at: number; label: string }[] {
  const { load, capture, stop } = stages;
  const { outcome } = outcomeSchema.safeParse(load?.result).data ?? {};
  const { facts } = factsSchema.safeParse(load?.result).data ?? {};
  const began = (stage: typeof capture): number | undefined =>
    stage === undefined ? undefined : Date.parse(stage.startedAt);
  const told: readonly (readonly [string, number | undefined])[] = [
    ['load starts', outcome?.load?.startedAt],
    ['last byte', outcome?.lastByteAt],
    ['verdict', outcome?.verdictAt ?? outcome?.at],
    ['load ends', facts?.endedAt],
    ['capture', began(capture)],
    ['stop', began(stop)],
  ];
  return told
    .flatMap(([label, at]) => (at === undefined || Number.isNaN(at) ? [] : [{ at, label }]))
    .sort((a, b) => a.at - b.at);
}

/** Goroutines beyond those that the server had before its clients came. */
function aboveIdle(counts: readonly GoroutineCount[]): readonly GoroutineCount[] {
  const idle = counts[0]?.goroutines ?? 0;
  return counts.map(({ at, goroutines }) => ({ at, goroutines: Math.max(0, goroutines - idle) }));
}

/** When a server that hung gave its last byte, milliseconds of the Unix epoch. */
function silentFrom({ stages }: RunRecord): number | undefined {
  const { outcome } = outcomeSchema.safeParse(stages['load']?.result).data ?? {};
  return outcome?.kind === 'hung' ? outcome.lastByteAt : undefined;
}

/**
 * Samples that tell of no answer after the last byte. The load counts answers a moment after they came: what it counted
 * late is spread over as long a time before the last byte as it was late.
 */
function settled(samples: Recorded['samples'], last: number | undefined): readonly Counted[] {
  if (last === undefined) return samples;
  const before = (i: number): number => samples[i - 1]?.responses ?? 0;
  const rise = samples.findLastIndex(({ at, responses }, i) => at > last && responses > before(i));
  const counted = samples[rise];
  if (counted === undefined) return samples;
  const early = samples.filter(({ at }) => at <= last);
  const late = counted.at - (early.at(-1)?.at ?? last);
  const kept = early.filter(({ at }, i) => i === 0 || at <= last - late);
  const { responses } = counted;
  const silence = samples.filter(({ at }) => at > last + 1).map(({ at }) => ({ at, responses }));
  return [...kept, { at: last, responses }, { at: last + 1, responses }, ...silence];
}

type Counted = Pick<Recorded['samples'][number], 'at' | 'responses'>;

/**
 * Answers between two samples, by the second: the load's own figure is that of its last whole second, and would show
 * answers of a server that had fallen silent.
 */
function rates(samples: readonly Counted[]): { at: number; perSecond: number }[] {
  return samples.map(({ at, responses }, i) => {
    const before = samples[i - 1];
    if (before === undefined || at <= before.at) return { at, perSecond: 0 };
    return { at, perSecond: (Math.max(0, responses - before.responses) / (at - before.at)) * 1_000 };
  });
}

/** CPU time between two looks as percent of one processor. */
function loads(looks: Recorded['looks']): { at: number; percent: number }[] {
  return looks.slice(1).flatMap(({ at, cpuMs }, i) => {
    const before = looks[i];
    if (before === undefined || at <= before.at) return [];
    return [{ at, percent: Math.max(0, ((cpuMs - before.cpuMs) / (at - before.at)) * 100) }];
  });
}

/** Of each stretch of a series that is too long the highest point: a peak must not vanish. */
function thin({ t, v }: Series): Series {
  if (t.length <= mostPoints) return { t, v };
  const step = Math.ceil(t.length / mostPoints);
  const kept = Array.from({ length: Math.ceil(t.length / step) }, (_, i) => {
    let best = i * step;
    for (let k = best; k < Math.min((i + 1) * step, v.length); k++)
      if ((v[k] ?? 0) > (v[best] ?? 0)) best = k;
    return best;
  });
  return { t: kept.map((i) => t[i] ?? 0), v: kept.map((i) => v[i] ?? 0) };
}

function every<T>(rows: readonly T[], most: number): readonly T[] {
  const step = Math.ceil(rows.length / most);
  return step <= 1 ? rows : rows.filter((_, i) => i % step === 0);
}
