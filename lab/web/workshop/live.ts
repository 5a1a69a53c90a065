import type { LiveEvent } from '../../workshop/live.js';

type Measured = Exclude<LiveEvent, { readonly type: 'changed' | 'note' }>;

/** What was measured since the load began. Times in seconds from its first event. */
export interface LiveSeries {
  readonly requests: readonly [number[], number[]];
  readonly answered: readonly [number[], number[]];
  readonly unanswered: readonly [number[], number[]];
  readonly goroutines: readonly [number[], number[]];
  readonly health: string;
}

const kept = 2_000;
let began: number | undefined;
let series = fresh();
const watchers = new Set<() => void>();

function fresh() {
  return {
    requests: [[], []] as [number[], number[]],
    answered: [[], []] as [number[], number[]],
    unanswered: [[], []] as [number[], number[]],
    goroutines: [[], []] as [number[], number[]],
    health: '',
  };
}

/** Forgets what was measured before. */
export function beginLive(): void {
  began = undefined;
  series = fresh();
  for (const watch of watchers) watch();
}

export function addLive(event: Measured): void {
  began ??= event.at;
  const t = (event.at - began) / 1_000;
  const add = ([x, y]: [number[], number[]], value: number): void => {
    // A probe is told when it has ended, with the time at which it began.
    let at = x.length;
    while (at > 0 && (x[at - 1] ?? 0) > t) at -= 1;
    x.splice(at, 0, t);
    y.splice(at, 0, value);
    if (x.length > kept) {
      x.shift();
      y.shift();
    }
  };
  if (event.type === 'load') add(series.requests, Math.round(event.requestsPerSecond));
  else if (event.type === 'goroutines') add(series.goroutines, event.count);
  else if (event.type === 'probe')
    add(event.kind === 'answered' ? series.answered : series.unanswered, Math.round(event.ms));
  else series.health = `${event.health}: ${event.why}`;
  for (const watch of watchers) watch();
}

export function currentSeries(): LiveSeries {
  return series;
}

/** Seconds from the first event to the last, over everything that is measured. */
export function liveSpan(): number {
  const { requests, answered, unanswered, goroutines } = series;
  return Math.max(1, ...[requests, answered, unanswered, goroutines].map(([x]) => x.at(-1) ?? 0));
}

/** Calls when something was measured, until the returned function is called. */
export function watchLive(watch: () => void): () => void {
  watchers.add(watch);
  return () => watchers.delete(watch);
}
