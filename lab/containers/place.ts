import type { Readable } from 'node:stream';
import type { LabError } from '../errors.js';
import type { ClientExit } from './client.js';
import type { ListedProcess } from './processes.js';

export interface HelperCall {
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  /** Takes each line of stderr: the helper's events, and what the client says. */
  readonly onLine?: (line: string) => void;
}

export type HelperExit<T> = ClientExit & { readonly read: PromiseSettledResult<T> };

/**
 * Where the capture helper lies ready, beside the processes of a container. Disposing it takes away what was brought,
 * also after a failure or Ctrl-C, and never throws.
 */
export interface Place extends AsyncDisposable {
  /** As a person names the container, for example `the container web`. */
  readonly where: string;
  /** What can be seen there, without the helper itself. */
  readonly processes: readonly ListedProcess[];
  /** The line that grants the rights which are needed there, for a container that has none. */
  readonly grant: string;
  /** Runs the helper; what the engine refuses is thrown, how the helper ends is a value. */
  run<T>(call: HelperCall, read: (stdout: Readable) => Promise<T>): Promise<HelperExit<T>>;
  /** After the kernel refused: takes more rights for the next run. False when there are no more to be had. */
  widen(): boolean;
  /** The error of rights that are missing there, with the line that grants them; `said` is the helper's own reason. */
  refused(said: string, cause: LabError): Promise<LabError>;
}

/** What opens a place needs of its caller. */
export interface Bringing {
  /** As `--target` takes it. */
  readonly target: string;
  /** Path of the helper on this machine, built for the container's. */
  readonly helperFor: (architecture: Architecture, signal: AbortSignal) => Promise<string>;
  readonly note: (text: string) => void;
}

export type Architecture = 'amd64' | 'arm64';
