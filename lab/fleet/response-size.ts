import { connect } from 'node:net';
import { withDeadline } from '../deadline.js';
import { LabError } from '../errors.js';
import type { Backend } from './balancer/balancer.js';

const answerWithinMs = 5_000;

/**
 * Bytes of one response of an instance, head and body, as a client that keeps its connection gets it: what a balancer
 * that passes bytes on counts. Throws `target` when the answer has another form than one of a known length.
 */
export async function responseSize(
  { host, port }: Backend,
  path: string,
  signal: AbortSignal,
): Promise<number> {
  const limited = withDeadline(signal, answerWithinMs);
  const connection = connect({ host, port });
  const stop = (): void => void connection.destroy(new Error('no answer'));
  limited.addEventListener('abort', stop, { once: true });
  try {
    connection.write(`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
    let text = '';
    for await (const chunk of connection) {
      text += Buffer.from(chunk).toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head === -1) continue;
      const length = /^content-length: *(\d+)\r?$/im.exec(text.slice(0, head + 2))?.[1];
      if (length === undefined) break;
      const whole = head + 4 + Number(length);
      if (text.length >= whole) return whole;
    }
    throw new LabError('an instance does not say how long its answer is', {
      code: 'target',
      hint: 'read server.log in the folder of the instance',
    });
  } finally {
    limited.removeEventListener('abort', stop);
    connection.destroy();
  }
}
