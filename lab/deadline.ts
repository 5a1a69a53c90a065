import { setTimeout as delay, setImmediate as eventsFirst } from 'node:timers/promises';
import { interrupted } from './errors.js';

/** A signal that aborts with the caller's, or after `ms` milliseconds with a `TimeoutError`. */
export function withDeadline(signal: AbortSignal, ms: number): AbortSignal {
  // Not AbortSignal.timeout: Node 20 collects it as garbage when only AbortSignal.any refers to it, and then
  // the deadline never comes. The timer keeps this one.
  const deadline = new AbortController();
  const late = () => deadline.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError'));
  setTimeout(late, ms).unref();
  return AbortSignal.any([signal, deadline.signal]);
}

/** Waits `ms` milliseconds; throws `interrupted` when the signal aborts before. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    throw interrupted(error);
  }
}

export interface PollOptions {
  readonly signal: AbortSignal;
  /** Milliseconds after which `undefined` is returned. */
  readonly deadlineMs: number;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
}

/** Looks until `look` returns something; `undefined` when the deadline passed first. */
export async function poll<T>(
  look: () => Promise<T | undefined> | T | undefined,
  { signal, deadlineMs, everyMs }: PollOptions,
): Promise<T | undefined> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    signal.throwIfAborted();
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() >= end) return undefined;
    // Looks that take longer than the pauses between them would leave Node nothing but timers: no file would be read.
    await eventsFirst();
    await pause(Math.min(everyMs, Math.max(1, end - performance.now())), signal);
  }
}
