import { existsSync } from 'node:fs';
import { epochMs } from '../../clock.js';
import { pause } from '../../deadline.js';
import { messageOf } from '../../errors.js';
import { countGoroutines } from '../../hang/count-goroutines.js';
import { createHeartbeat } from '../../hang/heartbeat.js';
import { probe } from '../../hang/probe.js';
import type { LiveEvent, Mark, Measured } from '../live.js';
import { processesOf } from '../processes.js';
import type { LiveHistory } from './history.js';
import { afterProbe, afterSample, type Moments, noMoments } from './marks.js';
import { samplerOf } from './sample.js';

/** Where a participant's server may run: the executable of a lesson, and where it is asked. */
export interface Watchable {
  readonly lesson: string;
  readonly exe: string;
  readonly url: string;
}

export interface MonitorOptions {
  readonly watchable: () => readonly Watchable[];
  readonly pprofUrl: string;
  readonly history: LiveHistory;
  readonly tell: (event: LiveEvent) => void;
}

/** Takes what the lab itself measures, beside its own looks. Disposing it ends the watching; the server goes on. */
export interface Monitor extends AsyncDisposable {
  take(event: LiveEvent): void;
}

const findEveryMs = 1_500;
const sampleEveryMs = 1_000;
const saveEverySamples = 15;
const probeTimeoutMs = 1_000;
const probeEveryMs = 1_000;
/**
 * A hung server keeps a goroutine and a descriptor for every probe. Once it is silent it is asked ever more seldom, so
 * that watching it for an hour adds some dozens, and not thousands, to the crowd in its core.
 */
const probeAtMostEveryMs = 60_000;

/** Watches whatever server of the participant runs, whoever has started it, for as long as it lives. */
export function openMonitor(options: MonitorOptions, signal: AbortSignal): Monitor {
  const { history, tell } = options;
  const closing = new AbortController();
  const closed = AbortSignal.any([signal, closing.signal]);
  const keep = (one: Measured): void => {
    history.add(one);
    tell(one);
  };
  const look = async (): Promise<void> => {
    const found = await find(options.watchable());
    if (found !== undefined) await watch(found, options, keep, closed);
    const { server, measured } = history;
    // Also of a server that ended between two workbooks.
    if (server !== undefined && !measured.some((one) => one.type === 'mark' && one.kind === 'ended')) {
      const text = `process ${server.pid} has ended`;
      keep({ type: 'mark', at: Math.round(epochMs()), kind: 'ended', text });
    }
    await history.save();
  };
  const watching = (async () => {
    for (;;) {
      await look().catch((error: unknown) => {
        closed.throwIfAborted();
        tell({ type: 'note', text: `The charts stood still: ${messageOf(error)}` });
      });
      await pause(findEveryMs, closed);
    }
  })();
  watching.catch(() => {}); // it ends by being interrupted
  return {
    take(event) {
      // The monitor's own probes and marks tell of the process; the lab's add what only its load knows.
      if (event.type === 'load' || event.type === 'probe') keep(event);
      else tell(event);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await watching.catch(() => {});
      await history.save();
    },
  };
}

type Found = Watchable & { readonly pid: number; readonly startTicks: number };

async function find(watchable: readonly Watchable[]): Promise<Found | undefined> {
  for (const one of watchable) {
    if (!existsSync(one.exe)) continue;
    const [server] = await processesOf(one.exe);
    if (server !== undefined) return { ...one, ...server };
  }
  return undefined;
}

async function watch(
  { pid, startTicks, lesson, url }: Found,
  { history, tell, pprofUrl }: MonitorOptions,
  keep: (one: Measured) => void,
  signal: AbortSignal,
): Promise<void> {
  const same = history.server?.pid === pid && history.server.startTicks === startTicks;
  if (!same) history.begin({ pid, startTicks, lesson });
  tell(history.told());
  let moments: Moments = same ? momentsOf(history.measured) : noMoments;
  const gone = new AbortController();
  const over = AbortSignal.any([signal, gone.signal]);
  let stopped = false;
  let stalledAt = 0;
  using heartbeat = createHeartbeat(({ to }) => {
    stalledAt = to;
  });
  const move = ([next, mark]: readonly [Moments, Mark?]): void => {
    moments = next;
    if (mark !== undefined) keep(mark);
  };

  const probing = (async () => {
    let everyMs = probeEveryMs;
    for (;;) {
      const began = epochMs();
      if (!stopped) {
        const { at, kind, ms } = await probe({ url, timeoutMs: probeTimeoutMs }, over);
        heartbeat.check();
        // Who stood still oneself, or asked somebody who was stopped meanwhile, has seen nothing.
        const blind = kind !== 'answered' && (stalledAt > at || stopped);
        if (!blind) {
          keep({ type: 'probe', at: Math.round(at), kind, ms: Math.round(ms) });
          move(afterProbe(moments, { at: Math.round(at), kind }));
        }
        const idle = moments.silent && !moments.loaded;
        everyMs = idle ? Math.min(everyMs * 1.5, probeAtMostEveryMs) : probeEveryMs;
      }
      await pause(Math.max(began + everyMs - epochMs(), 100), over);
    }
  })();
  probing.catch(() => {});
  const counting = countGoroutines(
    pprofUrl,
    (event) => {
      if (event.type === 'goroutines')
        keep({ type: 'goroutines', at: Math.round(event.at), count: event.goroutines });
    },
    over,
  );

  try {
    const sample = samplerOf({ pid, startTicks }, Number(new URL(url).port));
    for (let n = 1; ; n++) {
      const seen = await sample();
      if (seen === undefined) break;
      stopped = seen.stopped;
      keep(seen);
      move(afterSample(moments, seen));
      if (n % saveEverySamples === 0) await history.save();
      await pause(sampleEveryMs, signal);
    }
  } finally {
    gone.abort();
    await Promise.all([probing.catch(() => {}), counting[Symbol.asyncDispose]()]);
  }
}

/** Where it stood when an earlier workbook was closed. */
function momentsOf(measured: readonly Measured[]): Moments {
  let moments = noMoments;
  for (const one of measured) {
    if (one.type !== 'mark') continue;
    if (one.kind === 'load-begins' || one.kind === 'load-ends')
      moments = { ...moments, loaded: one.kind === 'load-begins' };
    else moments = { ...moments, silent: one.kind === 'silent' };
  }
  return moments;
}
