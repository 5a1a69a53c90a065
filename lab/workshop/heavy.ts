import { availableParallelism } from 'node:os';
import { interrupted } from '../errors.js';

/**
 * What makes a machine slow for everybody: a load takes all processors, a core takes more than a gigabyte of disk until
 * its holes are dug, and a build or an analysis (`work`) takes a processor.
 */
export type Lane = 'load' | 'core' | 'work';

export interface Waiting {
  readonly who: string;
  readonly lane: Lane;
  /** How many come before, those that are at work included. */
  readonly ahead: number;
}

export interface HeavyRequest {
  readonly lane: Lane;
  /** A participant's name, for whoever looks at the queue. */
  readonly who: string;
  readonly signal: AbortSignal;
  /** Told when it has to wait, and each time that somebody before it is done. */
  readonly waits?: ((ahead: number) => void) | undefined;
}

/** Heavy steps one after the other, first come, first served. Nobody may ask for a second lane from within one. */
export interface HeavyQueue {
  /** Throws `interrupted` when the signal aborts before its turn has come. */
  run<T>(request: HeavyRequest, work: () => Promise<T>): Promise<T>;
  /** Who waits, in order. */
  waiting(): readonly Waiting[];
  /** Who is at work. */
  working(): readonly Omit<Waiting, 'ahead'>[];
}

interface Entry extends HeavyRequest {
  readonly begin: () => void;
}

/** How many of a lane may be at work at the same time: one load, one core, and all processors but one for the rest. */
const widths = (): Readonly<Record<Lane, number>> => ({
  load: 1,
  core: 1,
  work: Math.max(1, availableParallelism() - 1),
});

export function openHeavyQueue(width: Readonly<Record<Lane, number>> = widths()): HeavyQueue {
  const lines: Record<Lane, Entry[]> = { load: [], core: [], work: [] };
  const atWork: Record<Lane, Entry[]> = { load: [], core: [], work: [] };
  const lanes = Object.keys(lines) as Lane[];

  const next = (lane: Lane): void => {
    while (atWork[lane].length < width[lane]) {
      const entry = lines[lane].shift();
      if (entry === undefined) break;
      atWork[lane].push(entry);
      entry.begin();
    }
    for (const [i, { waits }] of lines[lane].entries()) waits?.(i + atWork[lane].length);
  };

  const turnOf = (request: HeavyRequest): Promise<Entry> =>
    new Promise((resolve, reject) => {
      const { lane, signal } = request;
      const leave = (): void => {
        lines[lane] = lines[lane].filter((one) => one !== entry);
        reject(interrupted(signal.reason));
      };
      const entry: Entry = {
        ...request,
        begin: () => {
          signal.removeEventListener('abort', leave);
          resolve(entry);
        },
      };
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      lines[lane].push(entry);
      next(lane);
    });

  return {
    async run(request, work) {
      const entry = await turnOf(request);
      try {
        return await work();
      } finally {
        atWork[request.lane] = atWork[request.lane].filter((one) => one !== entry);
        next(request.lane);
      }
    },
    waiting: () =>
      lanes.flatMap((lane) =>
        lines[lane].map(({ who }, i) => ({ who, lane, ahead: i + atWork[lane].length })),
      ),
    working: () => lanes.flatMap((lane) => atWork[lane].map(({ who }) => ({ who, lane }))),
  };
}

/** What a person is told who waits. */
export function waitText(lane: Lane, ahead: number): string {
  const what = {
    load: 'One load goes on at a time',
    core: 'One core is taken at a time',
    work: 'The processors are taken',
  };
  return `${what[lane]}: ${ahead} before you`;
}
