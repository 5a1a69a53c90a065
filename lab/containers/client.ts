import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { interrupted, LabError } from '../errors.js';

/** A program of this machine that talks to an engine or a cluster. */
export type ClientName = 'docker' | 'podman' | 'kubectl';

export interface ClientCall {
  readonly client: ClientName;
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  readonly input?: Buffer;
  /** Milliseconds; then it is ended. */
  readonly timeoutMs?: number;
  /** Takes each line of stderr as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface ClientExit {
  readonly argv: readonly string[];
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  /** The end of it, for what went wrong. */
  readonly stderr: string;
}

/** Between TERM and KILL, milliseconds: a client hands TERM on to what it runs. */
const graceMs = 3_000;
const mostOfStderr = 16_384;
const mostOfStdout = 64 << 20;

/** Where each comes from, for people who do not have it. */
const installs: Readonly<Record<ClientName, string>> = {
  docker: 'install it: sudo apt-get install docker-cli, or docker.io where there is no such package',
  podman: 'install it: sudo apt-get install podman',
  kubectl: 'install it as https://kubernetes.io/docs/tasks/tools/ says, and set KUBECONFIG',
};

/** Runs a client to its end. A non-zero exit is a value. Throws `missing-tool`, and `interrupted` when the signal aborts. */
export async function runClient(call: ClientCall): Promise<ClientExit & { readonly stdout: string }> {
  const { read, ...exit } = await streamClient(call, async (stdout) => {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of stdout) {
      size += (part as Buffer).length;
      if (size > mostOfStdout) throw new Error(`${call.client} says more than ${mostOfStdout} bytes`);
      parts.push(part as Buffer);
    }
    return Buffer.concat(parts).toString('utf8');
  });
  if (read.status === 'rejected') throw read.reason;
  return { ...exit, stdout: read.value };
}

/**
 * Runs a client whose stdout is read as it comes, and waits for both: the client is ended when reading fails. How
 * reading ended is a value, since the client may know better why. Throws as {@link runClient} does.
 */
export async function streamClient<T>(
  { client, args, signal, input, timeoutMs, onLine }: ClientCall,
  read: (stdout: Readable) => Promise<T>,
): Promise<ClientExit & { readonly read: PromiseSettledResult<T> }> {
  signal.throwIfAborted();
  // A group of its own: a Ctrl-C reaches it by the signal. In English, since what it says is read.
  const child = spawn(client, args, {
    env: { ...process.env, LC_ALL: 'C', DOCKER_CLI_HINTS: 'false' },
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const leave = () => child.kill('SIGKILL');
  process.once('exit', leave);
  const ending = endsOn(child, signal, timeoutMs);
  const stderr = linesOf(child.stderr as Readable, onLine);
  const ended = new Promise<number | null | Error>((resolve) => {
    child.once('error', resolve);
    child.once('close', (exitCode) => resolve(exitCode));
  });
  // It may end before it has read all.
  child.stdin?.on('error', () => undefined).end(input);
  try {
    const [result] = await Promise.allSettled([
      read(child.stdout as Readable).catch((error: unknown) => {
        ending.end();
        (child.stdout as Readable).resume();
        throw error;
      }),
    ]);
    const exit = await ended;
    if (signal.aborted) throw interrupted(signal.reason);
    if (exit instanceof Error) throw cannotRun(client, exit);
    return {
      argv: [client, ...args],
      exitCode: exit,
      timedOut: ending.timedOut(),
      stderr: stderr(),
      read: result,
    };
  } finally {
    ending.stop();
    process.removeListener('exit', leave);
  }
}

/** TERM when the signal aborts, when it takes too long or when told; KILL later. */
function endsOn(child: ChildProcess, signal: AbortSignal, timeoutMs: number | undefined) {
  const timers: NodeJS.Timeout[] = [];
  let late = false;
  const end = () => {
    child.kill('SIGTERM');
    timers.push(setTimeout(() => child.kill('SIGKILL'), graceMs));
  };
  if (timeoutMs !== undefined) {
    const tooLate = () => {
      late = true;
      end();
    };
    timers.push(setTimeout(tooLate, timeoutMs));
  }
  signal.addEventListener('abort', end, { once: true });
  return {
    end,
    timedOut: () => late,
    stop() {
      signal.removeEventListener('abort', end);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** Hands on each line; returns what gives the end of all that came. */
function linesOf(stream: Readable, onLine: (line: string) => void = () => undefined): () => string {
  let said = '';
  let open = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-mostOfStderr);
    const lines = (open + text).split('\n');
    open = (lines.pop() ?? '').slice(-mostOfStderr);
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (open !== '') onLine(open);
  });
  return () => said.trim();
}

function cannotRun(client: ClientName, cause: Error): LabError {
  const code = 'code' in cause ? String(cause.code) : '';
  const why = code === 'ENOENT' ? 'is not installed' : `cannot be run: ${cause.message}`;
  return new LabError(`${client} ${why}`, { code: 'missing-tool', hint: installs[client], cause });
}
