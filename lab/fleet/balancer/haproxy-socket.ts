import { connect } from 'node:net';
import { withDeadline } from '../../deadline.js';
import { LabError, messageOf } from '../../errors.js';

const answerWithinMs = 2_000;

/**
 * One command to HAProxy's socket, and its whole answer. Throws `target` when nobody answers, or within two
 * seconds not to the end.
 */
export async function ask(socket: string, command: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const limited = withDeadline(signal, answerWithinMs);
  const connection = connect({ path: socket });
  const stop = (): void => void connection.destroy(new Error(`no answer within ${answerWithinMs} ms`));
  limited.addEventListener('abort', stop, { once: true });
  try {
    connection.end(`${command}\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of connection) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    signal.throwIfAborted();
    throw new LabError(`HAProxy does not answer ${JSON.stringify(command)}: ${messageOf(error)}`, {
      code: 'target',
      hint: 'read balancer.log in the folder of the run',
      cause: error,
    });
  } finally {
    limited.removeEventListener('abort', stop);
    connection.destroy();
  }
}

/** A command that changes something: it says nothing when it was done. */
export async function order(socket: string, command: string, signal: AbortSignal): Promise<void> {
  const said = (await ask(socket, command, signal)).trim();
  if (said === '') return;
  throw new LabError(`HAProxy did not do ${JSON.stringify(command)}: ${said}`, {
    code: 'target',
    hint: 'read balancer.log in the folder of the run',
  });
}
