import { epochMs } from '../clock.js';
import { pause } from '../deadline.js';
import { interrupted } from '../errors.js';
import type { Emit } from '../events.js';
import type { LoadSample } from '../load/sample.js';
import type { Target, TargetProcess } from '../targets/target.js';
import { detectorConfig, type Observation, observe, startDetector } from './detector.js';
import { type DetectorState, type Judgement, silentMs } from './detector-state.js';
import { createHeartbeat } from './heartbeat.js';
import { probe } from './probe.js';
import { readProcessStats } from './process-stats.js';

export interface WatchOptions {
  readonly target: Target;
  readonly process: TargetProcess;
  readonly url: string;
  /** How long one probe waits for a byte. Default 1000 ms. */
  readonly probeTimeoutMs?: number;
  /** A probe begins this often, whether or not those before have ended. Default 200 ms. */
  readonly probeEveryMs?: number;
}

export const defaultProbeTimeoutMs = 1_000;
const defaultProbeEveryMs = 200;
const statsEveryMs = 150;
/** Threads are counted only while a silence lasts: it costs the target a process each time. */
const threadsFromSilenceMs = 300;
/** Of the newest probes, how many speak for the server's quickness. */
const newestProbes = 2;

/** A server under observation. Disposing it ends the probes that are under way; the server stays as it is. */
export interface Watch extends AsyncDisposable {
  /** The first final judgement. Rejects when the lab's own tools fail, `interrupted` when the signal aborts. */
  readonly verdict: Promise<Judgement>;
  /** The first byte that a probe received. */
  readonly answered: Promise<void>;
  state(): DetectorState;
  /** The load's progress is part of the evidence. */
  onLoadSample(sample: Pick<LoadSample, 'at' | 'lastResponseAt'>): void;
  /** What a load plan wants to know. */
  look(): { readonly silentMs: number; readonly slowestProbeMs: number | undefined };
}

/** Begins to probe the server and to read its process's statistics. Emits `probe`, `process` and `health`. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the watch share what was seen so far
export function openWatch(options: WatchOptions, emit: Emit, signal: AbortSignal): Watch {
  if (signal.aborted) throw interrupted(signal.reason);
  const probeTimeoutMs = options.probeTimeoutMs ?? defaultProbeTimeoutMs;
  const verdict = deferred<Judgement>();
  const answered = deferred<void>();
  const closing = new AbortController();
  const closed = AbortSignal.any([signal, closing.signal]);
  let state = startDetector(detectorConfig(probeTimeoutMs), epochMs());

  const take = (observation: Observation): void => {
    if (closed.aborted) return;
    const before = state.judgement;
    state = observe(state, observation);
    const { judgement } = state;
    if (judgement === undefined || judgement === before) return;
    emit({ type: 'health', at: judgement.at, health: judgement.health, why: judgement.why });
    if (judgement.final) verdict.resolve(judgement);
  };
  const heartbeat = createHeartbeat((stall) => take({ kind: 'stall', stall }));
  const see = (observation: Observation): void => {
    heartbeat.check();
    take(observation);
  };

  const underWay = new Set<Promise<void>>();
  const beginProbe = (): void => {
    const one = probe({ url: options.url, timeoutMs: probeTimeoutMs }, closed)
      .then((outcome) => {
        emit({ type: 'probe', outcome });
        see({ kind: 'probe', outcome });
        if (outcome.kind === 'answered') answered.resolve();
      })
      .catch((error: unknown) => {
        if (!closed.aborted) verdict.reject(error);
      })
      .finally(() => underWay.delete(one));
    underWay.add(one);
  };
  beginProbe();
  const probing = setInterval(beginProbe, options.probeEveryMs ?? defaultProbeEveryMs);

  const readStats = async (): Promise<void> => {
    const { pid } = options.process.identity;
    while (!closed.aborted) {
      const threads = silentMs(state, epochMs()) >= threadsFromSilenceMs;
      const stats = await readProcessStats(options.target, pid, { threads }, closed);
      if (stats !== undefined) {
        emit({ type: 'process', stats });
        see({ kind: 'process', stats });
      }
      await pause(statsEveryMs, closed);
    }
  };
  const reading = readStats().catch((error: unknown) => {
    if (!closed.aborted) verdict.reject(error);
  });
  void options.process.exited.then((exit) => see({ kind: 'exit', at: epochMs(), exit }));
  const onAbort = (): void => verdict.reject(interrupted(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });

  return {
    verdict: verdict.promise,
    answered: answered.promise,
    state: () => state,
    onLoadSample({ at, lastResponseAt }) {
      see({ kind: 'load', at, lastResponseAt });
    },
    look() {
      const newest = state.probes.slice(-newestProbes);
      const times = newest.map((outcome) => (outcome.kind === 'answered' ? outcome.ms : undefined));
      const known = times.filter((ms) => ms !== undefined);
      return {
        silentMs: silentMs(state, epochMs()),
        slowestProbeMs:
          known.length < newestProbes || known.length < newest.length ? undefined : Math.max(...known),
      };
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      clearInterval(probing);
      heartbeat[Symbol.dispose]();
      signal.removeEventListener('abort', onAbort);
      await Promise.all([...underWay, reading]);
    },
  };
}

function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  promise.catch(() => {}); // whoever waits for it gets the error; nobody has to
  return { promise, resolve, reject };
}
