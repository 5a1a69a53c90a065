import type { LiveEvent, Mark, Measured, ProcessSample, WatchedServer } from '../../workshop/live.js';

type Told = Exclude<LiveEvent, { readonly type: 'changed' | 'note' }>;
type Of<T extends Measured['type']> = Extract<Measured, { readonly type: T }>;

/** What was measured of the server, each kind in the order of its times. */
export interface LiveSeries {
  readonly server: WatchedServer | undefined;
  readonly load: readonly Of<'load'>[];
  readonly probe: readonly Of<'probe'>[];
  readonly goroutines: readonly Of<'goroutines'>[];
  readonly process: readonly ProcessSample[];
  readonly mark: readonly Mark[];
  readonly health: string;
}

/** More than the workbook itself keeps of each kind; a page that is left open must not grow for ever. */
const kept = 2_000;
let series = fresh();
const watchers = new Set<() => void>();

function fresh() {
  return {
    server: undefined as WatchedServer | undefined,
    load: [] as Of<'load'>[],
    probe: [] as Of<'probe'>[],
    goroutines: [] as Of<'goroutines'>[],
    process: [] as ProcessSample[],
    mark: [] as Mark[],
    health: '',
  };
}

const healthWords: Readonly<Record<string, string>> = {
  ...{ healthy: 'It answers', slow: 'It is slow', paused: 'It is stopped', crashed: 'It has crashed' },
  'hung-idle': 'It hangs, and does nothing',
  'hung-busy': 'It hangs, and is busy',
  refused: 'It takes no connections',
};

export function addLive(event: Told): void {
  if (event.type === 'history') {
    series = { ...fresh(), server: event.server };
    for (const one of event.measured) add(one);
  } else if (event.type === 'health')
    series.health = `${healthWords[event.health] ?? event.health}: ${event.why}`;
  else add(event);
  for (const watch of watchers) watch();
}

function add(one: Measured): void {
  const all: Measured[] = series[one.type];
  // A probe is told when it has ended, with the time at which it began.
  let at = all.length;
  while (at > 0 && (all[at - 1]?.at ?? 0) > one.at) at -= 1;
  all.splice(at, 0, one);
  if (all.length > kept) all.shift();
}

export function currentSeries(): LiveSeries {
  return series;
}

/** Whether the server that is told of still runs. */
export function serverRuns({ server, process, mark }: LiveSeries): boolean {
  return server !== undefined && process.length > 0 && mark.at(-1)?.kind !== 'ended';
}

/** Times of the first and the last of all, milliseconds of the Unix epoch. */
export function liveSpan({ load, probe, goroutines, process, mark }: LiveSeries): readonly [number, number] {
  const all = [load, probe, goroutines, process, mark].filter((one) => one.length > 0);
  if (all.length === 0) return [0, 1];
  return [Math.min(...all.map((one) => one[0]?.at ?? 0)), Math.max(...all.map((one) => one.at(-1)?.at ?? 0))];
}

/** Calls when something was measured, until the returned function is called. */
export function watchLive(watch: () => void): () => void {
  watchers.add(watch);
  return () => watchers.delete(watch);
}
