import { z } from 'zod';
import { withDeadline } from '../deadline.js';
import { interrupted, messageOf } from '../errors.js';

/** One HTTP request as seen from outside. */
export const httpSeen = z.object({
  tool: z.enum(['curl', 'lab']),
  /** When it was asked, milliseconds of the Unix epoch. */
  at: z.number(),
  /** curl's exit code: 28 is its time-out. `null` for the lab's own request. */
  exitCode: z.number().int().nullable(),
  timedOut: z.boolean(),
  /** Bytes that the server sent, headers included. */
  bytes: z.number().int(),
  status: z.number().int().nullable(),
  ms: z.number(),
  message: z.string(),
});

export type HttpSeen = z.infer<typeof httpSeen>;

/** One request on a fresh connection, for machines without curl; counts what arrives within the deadline. */
export async function askWithUndici(url: string, deadlineMs: number, signal: AbortSignal): Promise<HttpSeen> {
  const { Agent, request } = await import('undici');
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const at = Date.now();
  const began = performance.now();
  const seenSoFar = { bytes: 0, status: null as number | null };
  const outcome = (timedOut: boolean, message: string): HttpSeen => ({
    ...{ tool: 'lab', at, exitCode: null, timedOut, message },
    ...seenSoFar,
    ms: Math.round(performance.now() - began),
  });
  try {
    const answer = await request(url, { dispatcher: agent, signal: withDeadline(signal, deadlineMs) });
    seenSoFar.status = answer.statusCode;
    for await (const chunk of answer.body) seenSoFar.bytes += Buffer.byteLength(chunk);
    return outcome(false, '');
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    return outcome(timedOut, timedOut ? `no end of the answer within ${deadlineMs} ms` : messageOf(error));
  } finally {
    await agent.destroy();
  }
}
