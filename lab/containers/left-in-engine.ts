import { z } from 'zod';
import { isLivingRoom, roomName } from '../capture/left-behind.js';
import { runClient } from './client.js';
import { askMs } from './engine-facts.js';
import type { EngineReference } from './reference.js';

/** On what the lab makes in an engine: whose it is. */
export const ownerLabel = 'go-deadlock-lab.capture';

/** This lab, for the label. */
export const owner = (): Promise<string> => roomName('.capture', process.pid);

const labelled = z.array(
  z.object({
    Id: z.string(),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

/**
 * Removes from an engine what captures made there whose lab was killed, containers first. What a lab of another machine
 * made stays. Never throws but for the signal.
 */
export async function removeLeftInEngine(
  client: EngineReference['kind'],
  signal: AbortSignal,
): Promise<void> {
  const ask = async (...args: readonly string[]) =>
    (await runClient({ client, args, signal, timeoutMs: askMs })).stdout;
  const kinds = [
    { list: ['ps', '--all'], type: 'container', remove: ['rm'] },
    { list: ['images'], type: 'image', remove: ['rmi'] },
  ] as const;
  try {
    for (const { list, type, remove } of kinds) {
      const ids = (await ask(...list, '--quiet', '--no-trunc', '--filter', `label=${ownerLabel}`)).split(
        /\s+/,
      );
      const found = [...new Set(ids.filter((id) => id !== ''))];
      if (found.length === 0) continue;
      const told = labelled.parse(JSON.parse(await ask('inspect', '--type', type, ...found)));
      for (const { Id, Config, Labels } of told) {
        const owned = Config?.Labels?.[ownerLabel] ?? Labels?.[ownerLabel] ?? '';
        if ((await isLivingRoom(owned)) === false) await ask(...remove, '--force', Id);
      }
    }
  } catch {
    // What cannot be looked at stays.
    signal.throwIfAborted();
  }
}
