import type { Emit } from '../events.js';
import { countGoroutines } from '../hang/count-goroutines.js';
import type { Judgement } from '../hang/detector-state.js';
import type { ProbeOutcome } from '../hang/health.js';
import type { ProcessStats } from '../hang/process-stats.js';
import { openWatch, type Watch } from '../hang/watch.js';
import type { RunningServer } from '../server/start.js';
import type { Target } from '../targets/target.js';

export interface InstanceWatch extends AsyncDisposable {
  /** The newest opinion. A verdict stays until the instance answers again, or another verdict comes. */
  judgement(): Judgement | undefined;
  /** The newest direct probes, oldest first; those before a verdict are kept beside those after it. */
  probes(): readonly ProbeOutcome[];
  stats(): readonly ProcessStats[];
  goroutines(): number | undefined;
  /** The balancer saw bytes come from it. */
  onAnswered(at: number): void;
}

export interface InstanceWatchOptions {
  readonly target: Target;
  readonly server: RunningServer;
  readonly probeTimeoutMs: number;
}

/** What stood still, and has answered nobody since, is not busy because a starved lab cannot tell its processor time. */
function kept(before: Judgement | undefined, now: Judgement): Judgement {
  return before?.health === 'hung-idle' && now.health === 'hung-busy' ? before : now;
}

/** Several instances are watched at once. */
const usuallyMs = 250;
/** Often enough to see it answer again, seldom enough to leave few goroutines behind in a hung server. */
const slowlyMs = 1_000;
const keptProbes = 20;

/**
 * Watches an instance directly, past the balancer, as long as it is not disposed. After a verdict it goes on with fewer
 * probes: an instance that was overloaded answers again. What it sees goes to `emit`, as of a single server.
 */
export function watchInstance(
  { target, server, probeTimeoutMs }: InstanceWatchOptions,
  emit: Emit,
  signal: AbortSignal,
): InstanceWatch {
  const closing = new AbortController();
  const closed = AbortSignal.any([signal, closing.signal]);
  let verdict: Judgement | undefined;
  let before: readonly ProbeOutcome[] = [];
  let goroutines: number | undefined;
  let failure: unknown;
  const open = (probeEveryMs: number): Watch =>
    openWatch(
      {
        ...{ target, process: server.process, url: server.url, probeTimeoutMs },
        probeEveryMs,
      },
      emit,
      closed,
    );
  let watch = open(usuallyMs);
  const counting = countGoroutines(
    server.pprofUrl,
    (event) => {
      if (event.type === 'goroutines') goroutines = event.goroutines;
      emit(event);
    },
    closed,
  );
  const watching = (async () => {
    while (!closed.aborted) {
      const mine = watch;
      // Whoever answers is no longer what it was found to be.
      void mine.answered.then(() => {
        if (watch === mine) verdict = undefined;
      });
      verdict = kept(verdict, await mine.verdict);
      if (verdict.health === 'crashed') return;
      before = mine.state().probes;
      await mine[Symbol.asyncDispose]();
      watch = open(slowlyMs);
    }
  })().catch((error: unknown) => {
    if (!closed.aborted) failure = error;
  });

  const rethrow = (): void => {
    if (failure !== undefined) throw failure;
  };
  return {
    judgement() {
      rethrow();
      return verdict ?? watch.state().judgement;
    },
    probes: () => [...before, ...watch.state().probes].slice(-keptProbes),
    stats: () => watch.state().stats,
    goroutines: () => goroutines,
    onAnswered(at) {
      // A byte on its way while the verdict was made must not take it back: only a fresh probe does.
      watch.onLoadSample({ at, lastResponseAt: at });
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await watching;
      await Promise.all([watch[Symbol.asyncDispose](), counting[Symbol.asyncDispose]()]);
    },
  };
}
