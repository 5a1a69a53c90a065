import { type ClientRequest, request as httpRequest } from 'node:http';
import { messageOf } from '../errors.js';

export interface ClientOptions {
  /** `http://host:port` of the server. */
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  readonly body?: readonly string[];
}

/** How far a request has come. */
export type Progress =
  /** The connection is being made, or the request is being written. */
  | { readonly kind: 'sending' }
  | { readonly kind: 'sent' }
  /** Head and first bytes of the answer have come. */
  | { readonly kind: 'streaming'; readonly status: number }
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'failed'; readonly message: string };

/** One request on a connection of its own. Disposing it closes the connection. */
export interface Client extends Disposable {
  progress(): Progress;
  /** Sends the next part of the body; the last one ends the request. `false` when there was none left. */
  sendMore(): boolean;
}

/** Begins a request: its head and the first part of its body are on their way when this returns. */
export function openClient({ origin, method, path, body = [] }: ClientOptions): Client {
  let progress: Progress = { kind: 'sending' };
  const request: ClientRequest = httpRequest(new URL(path, origin), {
    method,
    agent: false,
    headers: { connection: 'close', 'user-agent': 'go-deadlock-lab' },
  });
  request.on('error', (error) => {
    if (progress.kind !== 'answered') progress = { kind: 'failed', message: messageOf(error) };
  });
  request.on('response', (response) => {
    const status = response.statusCode ?? 0;
    response.on('data', () => {
      progress = { kind: 'streaming', status };
    });
    response.on('end', () => {
      progress = response.complete
        ? { kind: 'answered', status }
        : { kind: 'failed', message: 'the answer was cut off' };
    });
    response.on('error', (error) => {
      progress = { kind: 'failed', message: messageOf(error) };
    });
  });
  let next = 0;
  let written = 0;
  const write = (): boolean => {
    const part = body[next];
    if (part === undefined && next > 0) return false;
    if (progress.kind === 'sent') progress = { kind: 'sending' };
    next += 1;
    const mine = next;
    const done = (): void => {
      written = mine;
      if (progress.kind === 'sending' && written === next) progress = { kind: 'sent' };
    };
    if (next >= body.length) request.end(part, done);
    else request.write(part, done);
    return true;
  };
  write();
  return {
    progress: () => progress,
    sendMore: write,
    [Symbol.dispose]() {
      request.destroy();
    },
  };
}
