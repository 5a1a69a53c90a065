import { randomBytes } from 'node:crypto';
import { LabError } from '../errors.js';
import { runClient, streamClient } from './client.js';
import { complaint, type EngineContainer } from './engine-facts.js';
import { grantPtrace } from './engine-rights.js';
import type { Place } from './place.js';
import { readProcesses } from './processes.js';
import { archiveOf, quietly, textOf } from './throw-away.js';

const copyMs = 10 * 60_000;

/**
 * The helper in the service's own container, run there beside it as root: for engines that share no table of processes
 * between containers. It can be taken away again only by a program of the image; where there is none, an empty file is
 * left. Throws what the engine refuses.
 */
export async function copiedInPlace(
  { client, name, id }: EngineContainer,
  { helper, note }: { readonly helper: string; readonly note: (text: string) => void },
  signal: AbortSignal,
): Promise<Place> {
  const file = `/lab-capture-${randomBytes(6).toString('hex')}`;
  const place: Omit<Place, 'processes'> = {
    where: `the container ${name}`,
    run: async (call, read) =>
      await streamClient(
        { ...call, client, args: ['exec', '--user', '0:0', '--privileged', id, file, ...call.args] },
        read,
      ),
    widen: () => false,
    refused: async (said, cause) =>
      new LabError(`the memory of ${name} may not be read: ${said}`, {
        code: 'missing-permission',
        hint: grantPtrace(client, name),
        cause,
      }),
    async [Symbol.asyncDispose]() {
      const removed = await quietly(client, ['exec', '--user', '0:0', id, 'rm', '-f', file]);
      if (removed === '') return;
      const emptied = await runClient({
        ...{ client, args: ['cp', '-', `${id}:/`], timeoutMs: copyMs },
        signal: new AbortController().signal,
        input: await archiveOf('/dev/null', file),
      }).catch(() => undefined);
      const what = emptied?.exitCode === 0 ? 'an empty file' : 'the capture helper';
      note(`${what} is left in ${name}, which has no program that removes it: ${file}`);
    },
  };
  const copied = await runClient({
    ...{ client, args: ['cp', '-', `${id}:/`], signal, timeoutMs: copyMs },
    input: await archiveOf(helper, file),
  });
  if (copied.exitCode !== 0) throw complaint(client, name, copied);
  try {
    const listed = await place.run({ args: ['list'], signal }, textOf);
    if (listed.exitCode !== 0 || listed.read.status === 'rejected') throw complaint(client, name, listed);
    return { ...place, processes: readProcesses(listed.read.value, file) };
  } catch (error) {
    await place[Symbol.asyncDispose]();
    throw error;
  }
}
