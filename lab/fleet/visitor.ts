import type { Emit } from '../events.js';
import { probe } from '../hang/probe.js';

export interface Visits {
  readonly answered: number;
  readonly failed: number;
}

/** Somebody who uses the service: a request on a new connection through the balancer, five times a second. */
export interface Visitor extends AsyncDisposable {
  /** Requests that have ended, in all. */
  seen(): Visits;
}

const everyMs = 200;

/**
 * Begins at once. A request that got no answer within the time, or was refused or cut, has failed; so has a status of 500 and more.
 * Each is told of as a `probe`.
 */
export function openVisitor(url: string, timeoutMs: number, emit: Emit, signal: AbortSignal): Visitor {
  const closing = new AbortController();
  const closed = AbortSignal.any([signal, closing.signal]);
  let answered = 0;
  let failed = 0;
  const underWay = new Set<Promise<void>>();
  const visit = (): void => {
    const one = probe({ url, timeoutMs }, closed)
      .then((outcome) => {
        emit({ type: 'probe', outcome });
        if (outcome.kind === 'answered' && outcome.status < 500) answered += 1;
        else failed += 1;
      })
      .catch(() => {}) // the visitor left
      .finally(() => underWay.delete(one));
    underWay.add(one);
  };
  const timer = setInterval(() => {
    if (!closed.aborted) visit();
  }, everyMs);
  return {
    seen: () => ({ answered, failed }),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      closing.abort();
      await Promise.all(underWay);
    },
  };
}
