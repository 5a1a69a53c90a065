/*
 * Goroutine dumps: what text, or pprof's protobuf, tells of all goroutines of a process. Memory is bounded by what
 * differs: goroutines of one stack are counted, and only the first of them are kept.
 */

/** One call of a traceback. */
export interface DumpFrame {
  /** As the runtime prints it: `main.(*Hub).Broadcast`, `main.main.func1`, type arguments as `[...]`. */
  readonly function: string;
  /** As it was compiled. */
  readonly file: string;
  readonly line: number;
  /** Printed as `f(...)`: it shares the frame of its caller, and has no argument words of its own. */
  readonly inlined: boolean;
}

/** One goroutine of a stack. */
export interface DumpMember {
  readonly id: number;
  /** Whole minutes that it has waited; absent below one, and where it is not told. */
  readonly minutes?: number;
  /** By frame, the argument words as they were printed, without the parentheses; empty where there are none. */
  readonly words: readonly string[];
  /** Which goroutine started it, where that is told (Go 1.21 and later). */
  readonly createdIn?: number;
}

/** Goroutines that wait for the same reason with the same stack. */
export interface DumpStack {
  readonly status: 'running' | 'runnable' | 'syscall' | 'waiting' | 'other';
  /** `chan receive`, `sync.Mutex.Lock`, `select (no cases)`; empty where they do not wait, or it is not told. */
  readonly waitReason: string;
  /** The runtime has found that nothing alive reaches what they wait for: `(leaked)`. */
  readonly leaked: boolean;
  /** In a bubble of testing/synctest, and only the bubble can wake them: `(durable)`. */
  readonly durable: boolean;
  /** `locked to thread`. */
  readonly locked: boolean;
  /** Innermost first, as far as the dump has them. */
  readonly frames: readonly DumpFrame[];
  /** Where the go statement stands; absent of the main goroutine, and where it is not told. */
  readonly createdBy?: Omit<DumpFrame, 'inlined'>;
  /**
   * Why frames are missing: `elided` by the runtime, which prints 100 of a stack, `unavailable` of a goroutine that runs
   * on another thread, `cut off` where the text ends, `damaged` where lines of it could not be read.
   */
  readonly lack?: 'elided' | 'unavailable' | 'cut off' | 'damaged';
  /** `elided`: so many of `frames` come before those that are missing. */
  readonly elidedAfter?: number;
  /** pprof labels, where the form has them. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly count: number;
  /** The first of them, at most `maxMembers`; none where the form of the dump has no numbers. */
  readonly members: readonly DumpMember[];
}

/** Of one stack, so many goroutines are kept with their numbers and argument words. */
export const maxMembers = 20_000;

/** All goroutines of a process at one moment. */
export interface Dump {
  /** `traceback`: SIGQUIT, a panic, `debug=2`; `counts`: `debug=1`; `profile`: pprof's protobuf. */
  readonly form: 'traceback' | 'counts' | 'profile';
  /** It has only goroutines that the runtime calls leaked: pprof's `goroutineleak` in another form than `traceback`. */
  readonly leaks?: true;
  /** What ended the process, without its prefix: `all goroutines are asleep - deadlock!`, `SIGQUIT: quit`. */
  readonly fatal?: string;
  /** When it was taken, where the lines around it or the profile tell. */
  readonly time?: Date;
  readonly goroutines: number;
  readonly stacks: readonly DumpStack[];
  /** What was lost on the way, in sentences for the user: text that was cut off, lines that could not be read. */
  readonly limits: readonly string[];
}
