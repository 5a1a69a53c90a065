import { type ChildProcess, spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import { misshapen } from '../complaints.js';
import { interrupted, LabError, messageOf } from '../errors.js';
import { lineSplitter } from './helper-lines.js';
import { type MemoryLimits, memoryLimits } from './helper-memory.js';
import { stderrWatch } from './helper-stderr.js';

/** The name of the protocol, as the helper's first line has to say it. */
export const factsProtocol = 'lab.facts/1';

export interface StartFactsOptions {
  /** Path of the helper. */
  readonly path: string;
  /** Ends the helper when it aborts. */
  readonly signal: AbortSignal;
  /** What the helper is at, in its own words. */
  readonly onProgress?: ((text: string) => void) | undefined;
  /** Milliseconds until its first line must be here. */
  readonly startTimeoutMs?: number;
  /** A part of what is free unless named. */
  readonly memory?: MemoryLimits;
}

export interface FactsHello {
  readonly protocol: string;
  /** Of the helper. */
  readonly version: string;
  /** That built it, for example `go1.26.8`. */
  readonly go: string;
}

/**
 * A running helper. Calls may overlap; answers are matched by id. Disposing it ends the process. It also ends by
 * itself when its stdin closes, so that not even a killed lab leaves one behind.
 */
export interface FactsSession extends AsyncDisposable {
  readonly pid: number | undefined;
  /** The helper's first line. */
  readonly hello: Promise<FactsHello>;
  /**
   * Throws {@link FactsFailure}, and `interrupted` at once when a signal aborts. A helper cannot give up one of its
   * questions: aborting a call ends the session.
   */
  call<T>(
    method: string,
    params: object,
    schema: z.ZodType<T>,
    options: { readonly signal: AbortSignal },
  ): Promise<T>;
}

/**
 * - `refused`: it answered that it cannot do what was asked
 * - `broken`: it failed over what was asked, and goes on
 * - `memory`: it needed more than there was
 * - `ended`: it crashed, was killed, or left
 * - `protocol`: it is not the helper that was expected, or answered what nobody understands
 */
export type FactsFailureKind = 'refused' | 'broken' | 'memory' | 'ended' | 'protocol';

/** Why there are no facts, in words for a line of limits. */
export class FactsFailure extends LabError {
  readonly kind: FactsFailureKind;
  readonly why: string;

  constructor(kind: FactsFailureKind, why: string, details: Readonly<Record<string, unknown>> = {}) {
    super(`no facts of the sources: ${why}`, {
      code: kind === 'refused' ? 'usage' : kind === 'memory' ? 'target' : 'internal',
      hint: hints[kind],
      details,
    });
    this.kind = kind;
    this.why = why;
  }
}

const hints: Readonly<Record<FactsFailureKind, string>> = {
  refused: 'check what was asked for, and whether it is part of this program',
  broken: 'leave the sources out: npx lab analyze --no-source',
  memory: 'end other programs, or analyse on a machine with more memory',
  ended: 'run the same command again; if it fails again, leave the sources out: npx lab analyze --no-source',
  protocol:
    'remove the folders facts-* of the cache (`.cache`, or LAB_CACHE), and run the same command again',
};

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

const graceMs = 300;
const startTimeout = 60_000;
/** V8 holds no string of 512 MiB or more, so no such answer could be parsed. */
const maxLineBytes = 400 * 1024 * 1024;

const helloSchema = z.looseObject({ protocol: z.string(), version: z.string(), go: z.string() });
const lineSchema = z.looseObject({
  progress: z.string().optional(),
  id: z.number().optional(),
  /** `internal`: it is the helper that failed, and not what it was asked. */
  error: z.looseObject({ message: z.string(), internal: z.boolean().default(false) }).optional(),
  result: z.unknown().optional(),
});

/** Limits its own memory, so that the helper fails and not a neighbour of it; then becomes the helper. */
const bounded = 'ulimit -S -d "$1" 2>/dev/null; exec "$2"';

/** Starts the helper; whatever goes wrong with it is told by the calls. */
export function startFacts(options: StartFactsOptions): FactsSession {
  const { path, signal, onProgress, startTimeoutMs = startTimeout } = options;
  const pending = new Map<number, Pending>();
  const settled = deferred<FactsHello>();
  let nextId = 1;
  let failure: LabError | undefined;
  /** By this side, with a signal. */
  let ending: Promise<void> | undefined;

  const fail = (error: LabError): void => {
    failure ??= error;
    settled.reject(failure);
    for (const call of pending.values()) call.reject(failure);
    pending.clear();
  };
  if (signal.aborted) fail(interrupted(signal.reason));

  const memory = options.memory ?? memoryLimits();
  const child = failure === undefined ? launch(path, memory) : undefined;
  const exited = child === undefined ? Promise.resolve() : ended(child);
  const end = (): Promise<void> => {
    ending ??= child === undefined ? Promise.resolve() : endProcess(child, exited);
    return ending;
  };
  const giveUp = (error: LabError): void => {
    fail(error);
    void end();
  };
  const onAbort = (): void => giveUp(interrupted(signal.reason));
  setMaxListeners(0, signal);
  signal.addEventListener('abort', onAbort, { once: true });

  const late = setTimeout(
    () => giveUp(new FactsFailure('ended', `the helper said nothing within ${startTimeoutMs / 1000} s`)),
    startTimeoutMs,
  );
  if (child === undefined) clearTimeout(late);

  let greeted = false;
  const onLine = (line: Buffer): void => {
    if (failure !== undefined) return;
    if (!greeted) {
      greeted = true;
      clearTimeout(late);
      const hello = readHello(line);
      if (hello instanceof FactsFailure) giveUp(hello);
      else settled.resolve(hello);
      return;
    }
    const { progress, id, error, result } = lineSchema.safeParse(parsed(line)).data ?? {};
    if (progress !== undefined) {
      onProgress?.(progress);
      return;
    }
    if (id === undefined) {
      giveUp(new FactsFailure('protocol', `the helper wrote what is no answer: ${excerpt(line)}`));
      return;
    }
    const call = pending.get(id);
    pending.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new FactsFailure(error.internal ? 'broken' : 'refused', firstLine(error.message)));
  };

  if (child !== undefined) {
    const stderr = stderrWatch();
    const split = lineSplitter(onLine, maxLineBytes, () =>
      giveUp(new FactsFailure('protocol', `an answer of more than ${maxLineBytes >> 20} MB`)),
    );
    child.stdout?.on('data', (chunk: Buffer) => {
      if (failure === undefined) split(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk));
    // Whoever writes to a helper that is gone learns why from its end.
    child.stdin?.on('error', () => undefined);
    child.once('error', (error) =>
      fail(new FactsFailure('ended', `the helper cannot be run: ${messageOf(error)}`)),
    );
    child.once('close', (code, name) => {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      fail(explainEnd({ code, name, greeted, memory }, stderr.end()));
    });
  }
  // Whoever does not ask for it hears of a failure from the calls.
  settled.promise.catch(() => undefined);

  return {
    pid: child?.pid,
    hello: settled.promise,
    async call(method, params, schema, { signal: own }) {
      if (own.aborted) throw interrupted(own.reason);
      if (failure !== undefined) throw failure;
      const id = nextId++;
      const onOwnAbort = (): void => giveUp(interrupted(own.reason));
      setMaxListeners(0, own);
      own.addEventListener('abort', onOwnAbort, { once: true });
      let result: unknown;
      try {
        result = await new Promise((resolve, reject) => {
          pending.set(id, { resolve, reject });
          child?.stdin?.write(`${JSON.stringify({ id, method, params })}\n`);
        });
      } finally {
        own.removeEventListener('abort', onOwnAbort);
      }
      const read = schema.safeParse(result);
      if (read.success) return read.data;
      throw new FactsFailure('protocol', `the answer to ${method} is not of the form agreed on`, {
        complaint: misshapen(read.error),
      });
    },
    async [Symbol.asyncDispose]() {
      fail(new FactsFailure('ended', 'the session with the helper is over'));
      await end();
    },
  };
}

function launch(path: string, { soft, hard }: MemoryLimits): ChildProcess {
  return spawn('/bin/sh', ['-c', bounded, 'sh', String(Math.floor(hard / 1024)), path], {
    // A session of its own: a Ctrl-C at the terminal reaches it through the abort signal only.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment(soft),
  });
}

/** What a user has set to change how their own Go programs are built or run. */
const unwanted = new Set(['GODEBUG', 'GOGC', 'GOFLAGS', 'GOOS', 'GOARCH', 'CGO_ENABLED', 'GOEXPERIMENT']);

/** Of this process, which says where modules and Go's library lie. */
function environment(soft: number): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !unwanted.has(name));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GOMEMLIMIT: String(Math.floor(soft)),
    // One goroutine says what broke; those of all would be thousands of lines.
    GOTRACEBACK: 'single',
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', () => {
      if (child.pid === undefined) resolve();
    });
    child.once('exit', () => resolve());
  });
}

/** TERM, wait, KILL, wait. */
async function endProcess(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.pid === undefined) return;
  child.stdin?.destroy();
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    child.kill(name);
    if (await Promise.race([exited.then(() => true), after(graceMs)])) break;
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function readHello(line: Buffer): FactsHello | FactsFailure {
  const hello = helloSchema.safeParse(parsed(line));
  if (!hello.success) {
    return new FactsFailure('protocol', `the helper does not say what it is: ${excerpt(line)}`);
  }
  const { protocol } = hello.data;
  return protocol === factsProtocol
    ? hello.data
    : new FactsFailure('protocol', `the helper speaks ${protocol}, not ${factsProtocol}`);
}

interface End {
  readonly code: number | null;
  readonly name: NodeJS.Signals | null;
  readonly greeted: boolean;
  readonly memory: MemoryLimits;
}

function explainEnd({ code, name, greeted, memory }: End, said: { why: string; tail: string }): FactsFailure {
  const details = { exitCode: code, signal: name, stderr: said.tail };
  const limit = `${(memory.hard / 1e9).toFixed(1)} GB`;
  if (
    /out of memory|cannot allocate memory|failed to reserve|failed to create new OS thread/.test(said.why)
  ) {
    return new FactsFailure('memory', `the sources need more memory than there is (${limit})`, details);
  }
  if (name === 'SIGKILL') {
    return new FactsFailure(
      'memory',
      `the helper was killed, as a machine out of memory does (${limit})`,
      details,
    );
  }
  if (!greeted && (code === 126 || code === 127)) {
    return new FactsFailure(
      'ended',
      `the helper cannot be run${said.why === '' ? '' : `: ${said.why}`}`,
      details,
    );
  }
  const how = name === null ? `ended with exit code ${code}` : `was killed by ${name}`;
  return new FactsFailure('ended', `the helper ${how}${said.why === '' ? '' : `: ${said.why}`}`, details);
}

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.slice(0, 300) ?? '';
}

function excerpt(line: Buffer): string {
  const text = line
    .subarray(0, 60)
    .toString('utf8')
    .replaceAll(/[^\x20-\x7e]+/g, '?');
  return line.length > 60 ? `${text}...` : text;
}

function after(ms: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });
}

function deferred<T>(): {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve: (value) => resolve(value), reject: (error) => reject(error) };
}
