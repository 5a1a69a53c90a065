import type { LiveSeries } from './live.js';

export type Data = [number[], ...(number | null)[][]];

/** One chart: what it shows, and what it says to who does not see it. */
export interface Plan {
  readonly id: string;
  readonly title: string;
  /** One for each line or kind of dot. */
  readonly colours: readonly ('accent' | 'good' | 'bad' | 'warn')[];
  readonly dots?: boolean;
  /** The axis reaches as far at least, so that a server at rest looks so. */
  readonly least: number;
  /** Times in seconds of the Unix epoch, and the values of each. */
  readonly data: (series: LiveSeries) => Data;
  readonly words: (series: LiveSeries) => string;
}

export const number = (value: number): string => value.toLocaleString('en-US');
const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;
export const seconds = (at: number): number => at / 1_000;

function nowAndMost(values: readonly number[], unit: string): string {
  if (values.length === 0) return 'nothing yet';
  return `${number(values.at(-1) ?? 0)}${unit}, at most ${number(Math.max(...values))}${unit}`;
}

export const plans: readonly Plan[] = [
  {
    ...{
      id: 'probe',
      least: 50,
      title: 'One lone request, ms until it is answered',
      colours: ['good', 'bad'],
      dots: true,
    },
    data: ({ probe }) => [
      probe.map(({ at }) => seconds(at)),
      probe.map(({ kind, ms }) => (kind === 'answered' ? ms : null)),
      probe.map(({ kind, ms }) => (kind === 'answered' ? null : ms)),
    ],
    words({ probe }) {
      const answered = probe.filter(({ kind }) => kind === 'answered').length;
      return `${number(answered)} answered (green), ${number(probe.length - answered)} not (red)`;
    },
  },
  {
    ...{ id: 'cpu', least: 20, title: 'Processor time, percent of one', colours: ['accent'] },
    data: ({ process }) => [process.map(({ at }) => seconds(at)), process.map(({ cpu }) => cpu)],
    words: ({ process }) =>
      nowAndMost(
        process.map(({ cpu }) => cpu),
        ' %',
      ),
  },
  {
    ...{ id: 'connections', least: 10, title: 'Connections to its port', colours: ['accent', 'warn'] },
    data: ({ process }) => [
      process.map(({ at }) => seconds(at)),
      process.map(({ open }) => open ?? null),
      process.map(({ left }) => left ?? null),
    ],
    words({ process }) {
      const { open, left } = process.at(-1) ?? {};
      if (open === undefined) return 'cannot be counted here';
      return `${number(open)} open, ${number(left ?? 0)} whose client has gone (amber)`;
    },
  },
  {
    ...{ id: 'goroutines', least: 10, title: 'Goroutines, as far as it still tells', colours: ['accent'] },
    data: ({ goroutines }) => [goroutines.map(({ at }) => seconds(at)), goroutines.map(({ count }) => count)],
    words: ({ goroutines }) =>
      nowAndMost(
        goroutines.map(({ count }) => count),
        '',
      ),
  },
  {
    ...{ id: 'memory', least: 10, title: 'Memory, MB', colours: ['accent'] },
    data: ({ process }) => [
      process.map(({ at }) => seconds(at)),
      process.map(({ rssBytes }) => megabytes(rssBytes)),
    ],
    words: ({ process }) =>
      nowAndMost(
        process.map(({ rssBytes }) => megabytes(rssBytes)),
        ' MB',
      ),
  },
  {
    ...{ id: 'threads', least: 10, title: 'Threads of the operating system', colours: ['accent'] },
    data: ({ process }) => [process.map(({ at }) => seconds(at)), process.map(({ threads }) => threads)],
    words: ({ process }) =>
      nowAndMost(
        process.map(({ threads }) => threads),
        '',
      ),
  },
  {
    ...{
      id: 'requests',
      least: 100,
      title: 'Requests per second of the lab’s own load',
      colours: ['accent'],
    },
    data: ({ load }) => [
      load.map(({ at }) => seconds(at)),
      load.map(({ requestsPerSecond }) => Math.round(requestsPerSecond)),
    ],
    words: ({ load }) =>
      nowAndMost(
        load.map(({ requestsPerSecond }) => Math.round(requestsPerSecond)),
        '',
      ),
  },
];

/** The one sentence that says how the server is now. */
export function standing(series: LiveSeries): string {
  const { server, process, probe, mark, load, goroutines } = series;
  const sample = process.at(-1);
  if (server === undefined || sample === undefined) return 'No server of yours runs.';
  const last = mark.at(-1);
  if (last?.kind === 'ended') return `Process ${server.pid} ended at ${clock(last.at)}.`;
  const newest = probe.at(-1);
  const silent = mark.findLast(({ kind }) => kind === 'silent' || kind === 'answers');
  const answers =
    silent?.kind === 'silent'
      ? `has not answered since ${clock(silent.at)}`
      : newest === undefined
        ? 'was not asked yet'
        : newest.kind === 'answered'
          ? `answers, in ${number(newest.ms)} ms`
          : 'did not answer the last request';
  const requests = load.at(-1);
  // What the lab's load last had says nothing once it is over.
  const loading = requests !== undefined && sample.at - requests.at < 3_000;
  return [
    `Process ${server.pid} ${sample.stopped ? 'is stopped, by a signal or a debugger' : answers}`,
    ...(loading ? [`${number(Math.round(requests.requestsPerSecond))} requests per second`] : []),
    `${number(sample.cpu)} % of a processor`,
    ...(sample.open === undefined ? [] : [countOf(sample.open, 'connection')]),
    ...(goroutines.length === 0 ? [] : [`${number(goroutines.at(-1)?.count ?? 0)} goroutines`]),
    `${number(Math.round(sample.rssBytes / 1e6))} MB`,
    `${sample.threads} threads`,
  ].join(' · ');
}

function countOf(count: number, what: string): string {
  return `${number(count)} ${what}${count === 1 ? '' : 's'}`;
}

export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}
