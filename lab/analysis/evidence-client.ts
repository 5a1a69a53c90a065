import type { DelveClient } from '../delve/client.js';
import { LabError, messageOf, toLabError } from '../errors.js';

/** An answer about one frame comes at once, or after Delve has looked through a long list. */
export const evidenceTimeoutMs = 30_000;

/**
 * Delve for evidence that can be missing: a question that it does not answer in its time, or dies of, costs what it
 * would have told. It is not asked again, as it is still busy with that one; `limits` says so.
 */
export function forEvidence(client: DelveClient, limits: Set<string>): DelveClient {
  let lost: string | undefined;
  const lose = (error: unknown): string => {
    if (toLabError(error).code === 'interrupted') throw error;
    lost = messageOf(error);
    limits.add(`${lost}: it was not asked about further frames, and what rests on them is left open.`);
    return lost;
  };
  const gone = (why: string) => new LabError(why, { code: 'undecided' });
  return {
    ...client,
    async eval(...question) {
      if (lost !== undefined) return { kind: 'unreadable', reason: lost };
      try {
        return await client.eval(...question);
      } catch (error) {
        return { kind: 'unreadable', reason: lose(error) };
      }
    },
    async stacktrace(...question) {
      if (lost !== undefined) throw gone(lost);
      try {
        return await client.stacktrace(...question);
      } catch (error) {
        throw gone(lose(error));
      }
    },
    async switchGoroutine(...question) {
      if (lost !== undefined) return;
      try {
        await client.switchGoroutine(...question);
      } catch (error) {
        lose(error);
      }
    },
  };
}
