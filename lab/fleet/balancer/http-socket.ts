import { request } from 'node:http';
import { withDeadline } from '../../deadline.js';
import { LabError, messageOf } from '../../errors.js';
import { socketHost } from './caddy-config.js';

const answerWithinMs = 5_000;

export interface AskOverSocket {
  readonly socket: string;
  readonly path: string;
  /** Sent as JSON, with POST. */
  readonly body?: unknown;
}

/**
 * The body of an answer over HTTP on a balancer's socket. Throws `target` when nobody answers in time, or with a status
 * that is not of success.
 */
export async function askOverSocket(
  { socket, path, body }: AskOverSocket,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  try {
    return await answer({ socket, path, body }, withDeadline(signal, answerWithinMs));
  } catch (error) {
    signal.throwIfAborted();
    throw new LabError(`the balancer does not answer ${path}: ${messageOf(error)}`, {
      code: 'target',
      hint: 'read balancer.log in the folder of the run',
      cause: error,
    });
  }
}

async function answer({ socket, path, body }: AskOverSocket, signal: AbortSignal): Promise<string> {
  return await new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = { host: socketHost, connection: 'close', 'content-type': 'application/json' };
    const asked = request({ socketPath: socket, path, method, headers, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode < 300) resolve(text);
        else reject(new Error(`status ${statusCode}: ${text.trim()}`));
      });
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
