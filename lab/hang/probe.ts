import { epochMs } from '../clock.js';
import { interrupted, messageOf } from '../errors.js';
import type { ProbeOutcome } from './health.js';

export interface ProbeOptions {
  readonly url: string;
  readonly timeoutMs: number;
}

/**
 * One request on a connection of its own, answered when the head of the response has arrived. Never
 * takes longer than `timeoutMs`: undici's own timers are good to half a second only and are switched off.
 * Throws `interrupted` when the signal aborts, nothing else.
 */
export async function probe({ url, timeoutMs }: ProbeOptions, signal: AbortSignal): Promise<ProbeOutcome> {
  if (signal.aborted) throw interrupted(signal.reason);
  // Loaded when needed: it takes a tenth of a second, which commands without a server should not pay.
  const { Client } = await import('undici');
  const { origin, pathname, search } = new URL(url);
  const at = epochMs();
  const timeout = AbortSignal.timeout(timeoutMs);
  let connected = false;
  const client = new Client(origin, {
    connect: { timeout: 0 },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 1,
  });
  client.once('connect', () => {
    connected = true;
  });
  try {
    const response = await client.request({
      path: `${pathname}${search}`,
      method: 'GET',
      reset: true,
      headers: { 'user-agent': 'go-deadlock-lab probe' },
      signal: AbortSignal.any([signal, timeout]),
    });
    const ms = epochMs() - at;
    response.body.on('error', () => {}); // what follows the head is cut off below
    return { kind: 'answered', at, ms, status: response.statusCode };
  } catch (error) {
    const ms = epochMs() - at;
    if (signal.aborted) throw interrupted(error);
    if (timeout.aborted) return { kind: 'timed-out', at, ms, connected };
    if (codeOf(error) === 'ECONNREFUSED') return { kind: 'refused', at, ms };
    return { kind: 'cut', at, ms, message: messageOf(error) };
  } finally {
    client.destroy().catch(() => {});
  }
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error) return error.code;
  // Several addresses of one name are tried together, and fail together.
  return error instanceof AggregateError ? codeOf(error.errors[0]) : undefined;
}
