/**
 * Where the experiment happens. One interface for this machine, any Linux host over SSH, and a VM; the
 * stages know nothing else of where they run. Paths are the target's own.
 */
export interface Target extends AsyncDisposable {
  readonly kind: 'local' | 'ssh' | 'vagrant';
  /** How a person names the machine, for example `localhost` or `server-test-1`. */
  readonly name: string;
  /** Folder of the target for what the lab brings and makes there; absolute, private to its user. */
  readonly workFolder: string;
  /** Address that the target's servers bind: loopback, unless nobody but the lab's machine is on its network. */
  readonly listenHost: string;

  /**
   * Where the lab's machine reaches a TCP port of the target. A port that had to be forwarded stays so until the
   * target is disposed; asking again returns the same place.
   */
  reach(port: number, signal: AbortSignal): Promise<Endpoint>;

  /** Makes a folder of the lab's machine readable on the target, as it is now; returns its path there. */
  mirror(localFolder: string, signal: AbortSignal): Promise<string>;

  /**
   * Runs a command to its end. A non-zero exit, a signal or a time-out is a value, not an exception.
   * Throws `missing-tool` when the program does not exist, `interrupted` when the signal aborts.
   */
  exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult>;

  /**
   * Starts a process that outlives the caller unless it is disposed: its own session, stdout and stderr
   * appended to `logFile`.
   */
  start(argv: readonly string[], options: StartOptions): Promise<TargetProcess>;

  /** Takes hold again of a process that was started before; `undefined` when it is gone or another took its pid. */
  attach(identity: ProcessIdentity, signal: AbortSignal): Promise<TargetProcess | undefined>;

  /** The text of a small file, `undefined` when it does not exist. Throws on any other failure. */
  readFile(path: string, signal: AbortSignal): Promise<string | undefined>;

  /** Copies a file to the target. */
  upload(localPath: string, path: string, signal: AbortSignal): Promise<void>;
  /**
   * Brings a file home, mode 0600, holes stay holes. What was brought before a connection was cut is not brought
   * again. Throws `target` when the hash is not the one that was asked for; nothing lies at `localPath` then.
   */
  download(path: string, localPath: string, options: DownloadOptions): Promise<Transfer>;
}

/** `host:port` as the lab's machine says it. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** SHA-256 of the whole file, hex. */
  readonly sha256?: string;
  /** Called now and then; `total` is the file's length, holes included. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface Transfer {
  /** What crossed the network, bytes; 0 where there is none. */
  readonly transferredBytes: number;
}

export interface ExecOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Milliseconds; then TERM, and KILL after a grace period. */
  readonly timeoutMs?: number;
}

export interface ExecResult {
  readonly argv: readonly string[];
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface StartOptions {
  readonly signal: AbortSignal;
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A pid is reused sooner or later; with its start time it names one process. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of `/proc/PID/stat` (proc(5)): clock ticks after boot. */
  readonly startTicks: number;
}

export type ProcessExit =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'killed'; readonly signal: string }
  /** Seen to be gone, by somebody who is not its parent. */
  | { readonly kind: 'gone' };

/** A long-lived process. Disposing it: TERM, wait, KILL, wait. */
export interface TargetProcess extends AsyncDisposable {
  readonly identity: ProcessIdentity;
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** How it ended, `undefined` while it runs. */
  exit(): ProcessExit | undefined;
  /** Sends a signal; nothing happens when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
}
