import type { LoadSample, LoadStep } from './sample.js';

/** Samples leave a driver at least this often while its generator runs. */
export const sampleEveryMs = 100;

export interface LoadOptions {
  /** URL of every request. */
  readonly url: string;
  /** The hardest that will be asked for: a driver may make ready for it. */
  readonly steps: readonly LoadStep[];
  /** A request without an answer is given up after this long, and its connection opened anew. Milliseconds. */
  readonly requestTimeoutMs: number;
  /** Reconnects in a row without a single response after which a generator gives up. */
  readonly maxFailures: number;
  /** No load lasts longer than this, even when nobody is left to stop it. Milliseconds. */
  readonly maxDurationMs: number;
}

/** How the load ended. A generator that dies is a value here, for the caller to judge. */
export type LoadEnd =
  | { readonly kind: 'stopped' }
  /** Too many connections in a row got nothing: refused or cut. */
  | { readonly kind: 'bailed-out'; readonly message: string }
  /** A process of the generator ended by itself or was killed. */
  | { readonly kind: 'lost'; readonly pid: number | undefined; readonly message: string };

/**
 * A running generator, in processes of its own, so that its event loop starves nobody else's. Disposing
 * it: TERM, wait, KILL, wait; afterwards no connection of it is open.
 */
export interface LoadSession extends AsyncDisposable {
  /** Begins to push that hard, or changes to it, with as little interruption as the generator allows. */
  push(step: LoadStep): void;
  /** Resolves once, when the load is over for whatever reason; never rejects. */
  readonly ended: Promise<LoadEnd>;
  /** Processes of the generator. */
  readonly pids: readonly number[];
}

export interface LoadDriver {
  readonly name: 'autocannon' | 'wrk';
  /**
   * Starts the generator, which idles until it is pushed. Throws `missing-tool` when it is not installed,
   * `interrupted` when the signal aborts; an abort later on ends the session as `stopped`.
   */
  open(
    options: LoadOptions,
    onSample: (sample: LoadSample) => void,
    signal: AbortSignal,
  ): Promise<LoadSession>;
}
