import { setMaxListeners } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { z } from 'zod';
import { interrupted, LabError, messageOf } from '../errors.js';
import { jsonFramer, type Piece } from './framing.js';

/** What Delve answered. A refusal (unknown goroutine, unreadable expression) is a value. */
export type Answer =
  | { readonly kind: 'answered'; readonly result: unknown }
  | { readonly kind: 'refused'; readonly message: string };

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Milliseconds until the whole answer must be here; 60,000 when not given. */
  readonly timeoutMs?: number;
}

/**
 * One connection to Delve. Calls may overlap; answers are matched by id.
 *
 * Both verbs throw `undecided` when Delve dies or does not answer in time, and `interrupted` when the signal
 * aborts. A late answer to a call that was given up is dropped; the connection stays usable.
 */
export interface RpcConnection extends AsyncDisposable {
  /** `method` without the `RPCServer.` in front. */
  call(method: string, argument: object, options: CallOptions): Promise<Answer>;
  /** Hands the raw bytes of the answer (the whole JSON-RPC document) to `sink`, without keeping them. */
  stream(
    method: string,
    argument: object,
    sink: (bytes: Buffer) => Promise<void>,
    options: CallOptions,
  ): Promise<void>;
}

export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** Why the peer may have gone, for the message; called when the connection ends by itself. */
  readonly whyEnded?: () => Promise<Ended | undefined>;
}

interface Pending {
  readonly method: string;
  readonly sink: ((bytes: Buffer) => Promise<void>) | undefined;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

const defaultTimeoutMs = 60_000;
/** V8 holds no string of 512 MiB or more, so no such answer could be parsed. */
const maxAnswerBytes = 400 * 1024 * 1024;

const answerSchema = z.looseObject({ id: z.number(), result: z.unknown(), error: z.unknown() });

/**
 * Connects to Delve's JSON-RPC 1.0 service (Documentation/api/json-rpc in Delve's sources): objects one after
 * another on a TCP stream, answers in any order.
 *
 * Numbers are parsed as JavaScript numbers. Addresses of user space lie below 2^53 and stay exact; unsigned
 * 64-bit values above it (a `Base` read from garbage, for example) are rounded. Values of variables arrive as
 * strings and are always exact.
 */
export async function connectRpc(
  address: { readonly host: string; readonly port: number },
  options: ConnectOptions,
): Promise<RpcConnection> {
  const socket = await openSocket(address, options.signal);
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let ended: LabError | undefined;

  const fail = (end: Ended, cause?: unknown): void => {
    if (ended === undefined) ended = delveEnded(end, undefined, cause);
    for (const [id, call] of pending) {
      pending.delete(id);
      call.reject(delveEnded(end, call.method, cause));
    }
    socket.destroy();
  };

  const reading = (async () => {
    const split = jsonFramer();
    const collect = collector(pending);
    try {
      for await (const chunk of socket) {
        for (const piece of split(chunk)) await collect(piece);
      }
      fail((await options.whyEnded?.()) ?? { why: 'Delve closed the connection' });
    } catch (error) {
      fail(
        (await options.whyEnded?.()) ?? { why: `the connection to Delve broke: ${messageOf(error)}` },
        error,
      );
    }
  })();

  const send = async (
    method: string,
    argument: object,
    sink: Pending['sink'],
    { signal, timeoutMs = defaultTimeoutMs }: CallOptions,
  ): Promise<Answer> => {
    signal.throwIfAborted();
    if (ended !== undefined) throw ended;
    const id = nextId++;
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        pending.set(id, { method, sink, resolve, reject });
        onAbort = () => reject(interrupted(signal.reason));
        // As many listeners as calls overlap; each is removed below.
        setMaxListeners(0, signal);
        signal.addEventListener('abort', onAbort, { once: true });
        timer = setTimeout(() => reject(noAnswer(method, timeoutMs)), timeoutMs);
        socket.write(JSON.stringify({ method: `RPCServer.${method}`, params: [argument], id }));
      });
    } finally {
      pending.delete(id);
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  };

  return {
    call: (method, argument, callOptions) => send(method, argument, undefined, callOptions),
    stream: async (method, argument, sink, callOptions) => {
      await send(method, argument, sink, callOptions);
    },
    async [Symbol.asyncDispose]() {
      fail({ why: 'the connection to Delve was closed' });
      await reading;
    },
  };
}

/**
 * Brings the pieces of each document to the call that waits for it. The call is known from the document's
 * first bytes (Delve writes the id first); a document that begins otherwise is collected and parsed whole.
 */
function collector(pending: ReadonlyMap<number, Pending>): (piece: Piece) => Promise<void> {
  let parts: Buffer[] = [];
  let size = 0;
  let route: 'unknown' | 'collect' | 'stream' | 'drop' = 'unknown';
  let streaming: number | undefined;

  const pour = async (bytes: Buffer): Promise<void> => {
    const call = streaming === undefined ? undefined : pending.get(streaming);
    try {
      await call?.sink?.(bytes);
    } catch (error) {
      call?.reject(error);
      route = 'drop';
    }
  };

  return async ({ bytes, first, last }) => {
    if (first) {
      parts = [];
      size = 0;
      route = 'unknown';
      streaming = undefined;
    }
    if (route === 'stream') await pour(bytes);
    else if (route !== 'drop') {
      parts.push(bytes);
      size += bytes.length;
    }
    if (route === 'unknown' && (size >= 32 || last)) {
      const head = Buffer.concat(parts).subarray(0, 64).toString('latin1');
      const id = /^\{\s*"id"\s*:\s*(\d+)\s*,/.exec(head)?.[1];
      const call = id === undefined ? undefined : pending.get(Number(id));
      if (id === undefined || (call !== undefined && call.sink === undefined)) route = 'collect';
      else if (call === undefined) route = 'drop';
      else {
        route = 'stream';
        streaming = Number(id);
        for (const part of parts) if (route === 'stream') await pour(part);
      }
      if (route !== 'collect') parts = [];
    }
    if (route === 'collect' && size > maxAnswerBytes) {
      throw new Error(`an answer of more than ${maxAnswerBytes} bytes; ask for smaller pages`);
    }
    if (!last) return;
    if (route === 'stream' && streaming !== undefined) {
      pending.get(streaming)?.resolve({ kind: 'answered', result: undefined });
    }
    if (route === 'collect') deliver(Buffer.concat(parts), pending);
    parts = [];
  };
}

function deliver(document: Buffer, pending: ReadonlyMap<number, Pending>): void {
  const answer = answerSchema.parse(JSON.parse(document.toString('utf8')));
  const call = pending.get(answer.id);
  if (answer.error === null || answer.error === undefined) {
    call?.resolve({ kind: 'answered', result: answer.result });
  } else {
    call?.resolve({
      kind: 'refused',
      message: typeof answer.error === 'string' ? answer.error : JSON.stringify(answer.error),
    });
  }
}

async function openSocket(
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connectSocket({ host, port, noDelay: true });
  const onAbort = (): void => void socket.destroy(interrupted(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return socket;
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError(`cannot connect to Delve at ${host}:${port}: ${messageOf(error)}`, {
      code: 'undecided',
      hint: 'run the command again',
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** How Delve came to its end. */
export interface Ended {
  readonly why: string;
  /** That killed it: somebody, or the kernel for want of memory. */
  readonly signal?: string | null;
}

const hint = 'look into delve.log beside the results, then run `npx lab analyze` on the same files again';

function delveEnded({ why, signal }: Ended, method: string | undefined, cause: unknown): LabError {
  return new LabError(method === undefined ? why : `${why} during ${method}`, {
    code: 'undecided',
    hint,
    cause,
    details: { signal },
  });
}

function noAnswer(method: string, timeoutMs: number): LabError {
  return new LabError(`Delve did not answer ${method} within ${timeoutMs / 1000} s`, {
    code: 'undecided',
    hint,
  });
}
