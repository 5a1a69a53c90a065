import type { ExecResult, Target } from '../targets/target.js';
import type { Bundle } from './bundle.js';

export interface CaptureRequest {
  readonly target: Target;
  readonly pid: number;
  /** Where the core is to be written: a path of the target, in a folder that only its owner may enter. */
  readonly file: string;
  /** Of the program, for example `go1.26.8`; empty when it does not say. */
  readonly goVersion: string;
  /** Takes what can be said while it lasts. */
  readonly say?: (text: string) => void;
}

export interface CapturedCore {
  /** How long the process stood still, milliseconds; of one that ends, how long its end took. */
  readonly pausedMs: number;
  /** What was run, for the transcript. */
  readonly command: ExecResult;
  /** How the memory was copied, where there are several ways. */
  readonly snapshot?: Bundle['snapshot'];
  /** Whether data of the service was taken out before it was written. */
  readonly isScrubbed?: boolean;
  /** What is not as one would expect of the core. */
  readonly notes?: readonly string[];
  /** Path of the target where the core was written, when the method does not choose it. */
  readonly from?: string;
}

/**
 * A way to write a core of a process. It either leaves a complete core under `file`, or throws:
 * `missing-tool`, `missing-permission` or `no-space` with the one command that mends it, `target` when the
 * process is gone, `undecided` when the tool was ended half-way. What it wrote until then is the caller's to
 * remove.
 */
export interface CaptureMethod {
  readonly name: Bundle['method'];
  /** For people: what it needs and what it does to the process. */
  readonly title: string;
  /** Whether the process lives on. */
  readonly keepsProcess: boolean;
  /** Whether memory without any permission, which Go reserves in bulk, is written too. */
  readonly writesInaccessible: boolean;
  /** Whether it leaves out what is zero by itself: the core takes no more than what the process has in memory. */
  readonly writesSparse?: boolean;
  /** What a program has to be started with. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Throws what keeps the target from it, before anything is started there. */
  readonly requireTarget?: (target: Target, signal: AbortSignal) => Promise<void>;
  /** Throws what keeps that process from it, before anything is done to it. */
  readonly requireProcess?: (
    request: Pick<CaptureRequest, 'target' | 'pid'>,
    signal: AbortSignal,
  ) => Promise<void>;
  capture(request: CaptureRequest, signal: AbortSignal): Promise<CapturedCore>;
}
