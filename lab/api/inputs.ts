import type { LabEvent } from '../events.js';

/** A core and the executable of its process. */
export interface CoreInput {
  /** A file, plain or compressed or in an archive; `coredumpctl:PID` for one that systemd keeps. */
  readonly core: string;
  /** The executable, or a folder to look for it in; the core is asked when not given. */
  readonly exe?: string;
  /** Debug information of a stripped executable, or a folder to look for it in. */
  readonly debugFile?: string;
}

/** A goroutine dump: of SIGQUIT, a panic, pprof in any form. */
export interface DumpInput {
  /** A file, or the http(s) address of pprof. */
  readonly dump: string;
  /** An executable of the program; one is built of its sources when it is not given and can be. */
  readonly exe?: string;
}

/** The text of a dump. */
export interface TextInput {
  readonly text: string;
  readonly exe?: string;
}

export type LookInput = CoreInput | DumpInput | TextInput;

/** What every call takes beside its input. */
export interface CallOptions {
  /** Ends the work, its child processes included; the call then throws a `LabError` whose code is `interrupted`. */
  readonly signal?: AbortSignal;
  /** Told of progress and notes. */
  readonly onEvent?: (event: LabEvent) => void;
}

export interface AnalyzeOptions extends CallOptions {
  /** Where the program's sources are when they are not where it was compiled, by the beginnings of their paths. */
  readonly sourceMap?: readonly { readonly from: string; readonly to: string }[];
  /** `false`: sources are not read. */
  readonly source?: boolean;
  /** A Go installation whose library is to be read, in place of the one that compiled the program. */
  readonly goRoot?: string;
}
