import { epochMs } from '../clock.js';
import { pause } from '../deadline.js';
import type { Emit } from '../events.js';
import { lookAtCount } from '../stampede/look.js';

const everyMs = 1_000;
/** A page that takes longer costs the server more than the count is worth. */
const timeoutMs = 800;

/** Reads the number of goroutines from pprof about once a second, and emits it, until it is disposed. */
export function countGoroutines(pprofUrl: string, emit: Emit, signal: AbortSignal): AsyncDisposable {
  const closing = new AbortController();
  const closed = AbortSignal.any([signal, closing.signal]);
  const counting = (async () => {
    while (!closed.aborted) {
      const { answered, goroutines } = await lookAtCount(pprofUrl, timeoutMs, closed);
      if (answered) emit({ type: 'goroutines', at: epochMs(), goroutines });
      await pause(everyMs, closed);
    }
  })();
  counting.catch(() => undefined); // it ends by being interrupted
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await counting.catch(() => undefined);
    },
  };
}
