import { execFile } from 'node:child_process';

/** How a program ended; texts as UTF-8. */
export interface ProgramEnd {
  /** `undefined` where it was killed or did not begin. */
  readonly exitCode: number | undefined;
  readonly killedBy: NodeJS.Signals | undefined;
  readonly timedOut: boolean;
  /** There is no such program. */
  readonly missing: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly timeLimitMs: number;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Of stdout or stderr; a program that says more is ended. */
  readonly maxBytes?: number;
  readonly onPid?: (pid: number) => void;
}

const forceAfterMs = 5_000;

/**
 * Runs a program to its end with nothing but Node's own means: a watch lives for months beside a service, and a
 * library that only starts processes would take some megabytes of all that it has. Throws the signal's reason when that aborts.
 */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  { timeLimitMs, env = {}, input = '', maxBytes = 1 << 20, onPid }: ProgramOptions,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  signal.throwIfAborted();
  let tell: (end: ProgramEnd) => void = () => {};
  const ended = new Promise<ProgramEnd>((resolve) => {
    tell = resolve;
  });
  let timedOut = false;
  const options = { env: { ...process.env, ...env }, maxBuffer: maxBytes };
  const child = execFile(program, args, options, (error, stdout, stderr) => {
    const missing = error?.code === 'ENOENT';
    const killedBy = child.signalCode ?? undefined;
    const exitCode = missing ? undefined : (child.exitCode ?? undefined);
    tell({ exitCode, killedBy, timedOut, missing, stdout, stderr });
  });
  child.stdin?.on('error', () => {}); // it may end before it has read all
  child.stdin?.end(input);
  let force: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill();
    clearTimeout(force);
    force = setTimeout(() => child.kill('SIGKILL'), forceAfterMs);
  };
  const limit = setTimeout(() => {
    timedOut = true;
    stop();
  }, timeLimitMs);
  signal.addEventListener('abort', stop, { once: true });
  if (child.pid !== undefined) onPid?.(child.pid);
  try {
    const end = await ended;
    signal.throwIfAborted();
    return end;
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(limit);
    clearTimeout(force);
  }
}
