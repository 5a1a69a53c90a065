import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import { misshapen } from '../complaints.js';
import { interrupted, type LabError, messageOf } from '../errors.js';
import { explainEnd, FactsFailure } from './helper-failure.js';
import { lineSplitter } from './helper-lines.js';
import { type MemoryLimits, memoryLimits } from './helper-memory.js';
import { ended, endProcess, launch } from './helper-process.js';
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

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

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

/** Starts the helper; whatever goes wrong with it is told by the calls. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the session share its process and its end
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
