/**
 * What one fresh connection with one request saw. `at` is when it began, in milliseconds of the Unix
 * epoch; `ms` is how long it took from there.
 */
export type ProbeOutcome =
  | { readonly kind: 'answered'; readonly at: number; readonly ms: number; readonly status: number }
  /** `connected`: the kernel completed the handshake, which a hung server's does too. */
  | { readonly kind: 'timed-out'; readonly at: number; readonly ms: number; readonly connected: boolean }
  | { readonly kind: 'refused'; readonly at: number; readonly ms: number }
  | { readonly kind: 'cut'; readonly at: number; readonly ms: number; readonly message: string };

/**
 * The state of a server as seen from outside.
 *
 * - `healthy`: answers in time; `slow`: answers, late, or some of the probes only
 * - `hung-idle`: alive, nothing served within the deadline, CPU time stands still
 * - `hung-busy`: alive, nothing served, CPU time moves (livelock, overload)
 * - `paused`: stopped by a signal or a tracer; `crashed`: the process is gone
 * - `refused`: the process lives, its port does not accept
 */
export type Health = 'healthy' | 'slow' | 'hung-idle' | 'hung-busy' | 'paused' | 'crashed' | 'refused';
