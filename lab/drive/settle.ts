import { epochMs } from '../clock.js';
import { pause, withDeadline } from '../deadline.js';
import { interrupted, messageOf } from '../errors.js';
import type { Symptom } from '../scenarios/drive.js';
import { unreachable } from '../unreachable.js';
import { startedSince } from './at-rest.js';
import { readGoroutines, standingIn } from './goroutine-page.js';

/** What a look at a service that still answers decided. `at` in milliseconds of the Unix epoch. */
export type Settled =
  | { readonly kind: 'well'; readonly why: string }
  | { readonly kind: 'leaked'; readonly at: number; readonly goroutines: number; readonly why: string }
  | { readonly kind: 'stalled'; readonly at: number; readonly why: string }
  /** The caller had seen enough, or nothing could be decided in time. */
  | { readonly kind: 'undecided'; readonly why: string };

export interface SettleOptions {
  readonly origin: string;
  readonly pprofUrl: string;
  /** The longest that a look may take before it gives up. */
  readonly withinMs: number;
  /** Goroutines that were there before anything was asked, where functions may have other names than the symptom's. */
  readonly before?: ReadonlySet<number>;
}

const lookEveryMs = 50;

/**
 * Looks at a service until it is well (the stuck goroutines are gone, the work went on) or shows its symptom.
 * That the probed path does not answer is for the detector to see: here such a service is well.
 */
export async function settle(
  symptom: Symptom,
  options: SettleOptions,
  stop: AbortSignal,
  signal: AbortSignal,
): Promise<Settled> {
  switch (symptom.kind) {
    case 'unanswered':
      return { kind: 'well', why: 'every request was answered' };
    case 'stuck-goroutines':
      return await settleGoroutines(symptom, options, stop, signal);
    case 'no-progress':
      return await settleProgress(symptom, options, stop, signal);
    default:
      return unreachable(symptom);
  }
}

async function settleGoroutines(
  { in: place, atLeast, forMs }: Extract<Symptom, { kind: 'stuck-goroutines' }>,
  { pprofUrl, withinMs, before }: SettleOptions,
  stop: AbortSignal,
  signal: AbortSignal,
): Promise<Settled> {
  const began = performance.now();
  // One alone may be a worker that was started with the first request, and does not grow in number.
  const unnamed = atLeast > 1 ? before : undefined;
  let lowest = Number.POSITIVE_INFINITY;
  let since = began;
  let why = '';
  while (!stop.aborted && performance.now() - began < withinMs) {
    const page = await readGoroutines(pprofUrl, withinMs, signal);
    if (page.kind === 'seen') {
      const named = standingIn(page.goroutines, place).length;
      const started = unnamed === undefined ? 0 : startedSince(page.goroutines, unnamed).length;
      const count = Math.max(named, started);
      if (count < atLeast) return { kind: 'well', why: `${count} goroutines in ${place}` };
      if (count < lowest) [lowest, since] = [count, performance.now()];
      why = `${count} goroutines are in ${place}, and none left it for ${seconds(forMs)}`;
      if (performance.now() - since >= forMs)
        return { kind: 'leaked', at: epochMs(), goroutines: count, why };
    } else {
      why = page.why;
      [lowest, since] = [Number.POSITIVE_INFINITY, performance.now()];
    }
    await pause(lookEveryMs, signal);
  }
  return { kind: 'undecided', why: `still leaving ${place} after ${seconds(withinMs)}: ${why}` };
}

async function settleProgress(
  { path, forMs }: Extract<Symptom, { kind: 'no-progress' }>,
  { origin, withinMs }: SettleOptions,
  stop: AbortSignal,
  signal: AbortSignal,
): Promise<Settled> {
  const began = performance.now();
  let first: string | undefined;
  let since = began;
  while (!stop.aborted && performance.now() - began < withinMs) {
    const text = await readText(new URL(path, origin), withinMs, signal);
    if (text !== undefined) {
      if (first === undefined) [first, since] = [text, performance.now()];
      if (text !== first) return { kind: 'well', why: `the work went on: ${text}` };
      if (performance.now() - since >= forMs) {
        return { kind: 'stalled', at: epochMs(), why: `for ${seconds(forMs)} the work stood at: ${text}` };
      }
    }
    await pause(lookEveryMs, signal);
  }
  return { kind: 'undecided', why: `${path} said nothing that lasted, within ${seconds(withinMs)}` };
}

/** The text of a page, one line; `undefined` when it did not come. */
async function readText(url: URL, timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
  // Loaded when needed: a capture, which a hanging service waits for, does not.
  const { request } = await import('undici');
  try {
    const { body, statusCode } = await request(url, { reset: true, signal: withDeadline(signal, timeoutMs) });
    const text = (await body.text()).trim().replaceAll(/\s+/g, ' ');
    return statusCode === 200 ? text : undefined;
  } catch (error) {
    if (signal.aborted) throw interrupted(messageOf(error));
    return undefined;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
