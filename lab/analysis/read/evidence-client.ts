import type { DelveClient } from '../../delve/client.js';
import { LabError, messageOf, toLabError } from '../../errors.js';
import type { Limits } from '../model/limits.js';

/** An answer about one frame comes at once, or after Delve has looked through a long list. */
export const evidenceTimeoutMs = 30_000;

export interface EvidenceClient {
  readonly client: DelveClient;
  /** That questions were not answered, if so. */
  unanswered(): Limits;
}

/**
 * Delve for evidence that can be missing: a question that it does not answer in its time, or dies of, costs what it
 * would have told. It is not asked again, as it is still busy with that one; `unanswered` says so.
 */
export function forEvidence(client: DelveClient): EvidenceClient {
  let lost: string | undefined;
  const lose = (error: unknown): string => {
    if (toLabError(error).code === 'interrupted') throw error;
    lost = messageOf(error);
    return lost;
  };
  const gone = (why: string) => new LabError(why, { code: 'undecided' });
  const patient: DelveClient = {
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
  return {
    client: patient,
    unanswered: () =>
      lost === undefined
        ? []
        : [`${lost}: it was not asked about further frames, and what rests on them is left open.`],
  };
}
