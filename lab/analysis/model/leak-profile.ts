import type { Location } from './diagnosis.js';

/** What the runtime's own leak detection, pprof's `goroutineleak`, has said of a process. */
export interface LeakProfile {
  /** Its file or address. */
  readonly source: string;
  /** `traceback`: `debug=2`, which has all goroutines; `counts`: `debug=1`, and `profile`: protobuf, which have those that leaked. */
  readonly form: 'traceback' | 'counts' | 'profile';
  /** When it was taken, as far as that is known. */
  readonly time: Date | undefined;
  /** Goroutines that it calls leaked, by stack. */
  readonly stacks: readonly LeakedStack[];
  /** Numbers of all goroutines that there were; absent where the profile does not tell all of them. */
  readonly ids?: ReadonlySet<number>;
  /** What of it could not be read. */
  readonly limits: readonly string[];
}

export interface LeakedStack {
  readonly count: number;
  /** Empty where the form tells none. */
  readonly waitReason: string;
  readonly frames: readonly Location[];
}
