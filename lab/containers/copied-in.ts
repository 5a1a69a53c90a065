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
 * The helper in the service's own container, run there as the service's user, or as root with all rights where that is
 * refused: for engines that share no table of processes between containers. It can be taken away again only by a program
 * of the image; where there is none, an empty file is left. Throws what the engine refuses.
 */
export async function copiedInPlace(
  { client, name, id }: EngineContainer,
  { helper, note }: { readonly helper: string; readonly note: (text: string) => void },
  signal: AbortSignal,
): Promise<Place> {
  const file = `/lab-capture-${randomBytes(6).toString('hex')}`;
  let asRoot = false;
  const place: Omit<Place, 'processes'> = {
    where: `the container ${name}`,
    grant: grantPtrace(client, name),
    run: async (call, read) => {
      const rights = asRoot ? ['--user', '0:0', '--privileged'] : [];
      return await streamClient({ ...call, client, args: ['exec', ...rights, id, file, ...call.args] }, read);
    },
    widen() {
      const more = !asRoot;
      asRoot = true;
      return more;
    },
    refused: async (said, cause) =>
      new LabError(`the memory of ${name} may not be read: ${said}`, {
        code: 'missing-permission',
        hint: grantPtrace(client, name),
        cause,
      }),
    [Symbol.asyncDispose]: () => takeAway(client, { id, name, file, note }),
  };
  const copied = await runClient({
    ...{ client, args: ['cp', '-', `${id}:/`], signal, timeoutMs: copyMs },
    input: await archiveOf(helper, file),
  });
  if (copied.exitCode !== 0) throw complaint(client, name, copied);
  const list = async () => {
    const listed = await place.run({ args: ['list'], signal }, textOf);
    // What cannot be run there is said on stdout.
    const said = listed.read.status === 'fulfilled' ? listed.read.value : '';
    if (listed.exitCode !== 0) throw complaint(client, name, { ...listed, stderr: listed.stderr || said });
    return readProcesses(said, file);
  };
  try {
    const seen = await list();
    const isSeen = seen.some(({ go }) => go !== undefined);
    if (isSeen || !place.widen()) return { ...place, processes: seen };
    // Another user's executable is nothing that anybody may read.
    const all = await list().catch((error: unknown) => {
      signal.throwIfAborted();
      asRoot = false;
      if (seen.length === 0) throw error;
      return seen;
    });
    return { ...place, processes: all };
  } catch (error) {
    await place[Symbol.asyncDispose]();
    throw error;
  }
}

interface Copied {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly note: (text: string) => void;
}

async function takeAway(client: EngineContainer['client'], { id, name, file, note }: Copied): Promise<void> {
  const removed = await quietly(client, ['exec', '--user', '0:0', id, 'rm', '-f', file]);
  if (removed === '') return;
  const emptied = await runClient({
    ...{ client, args: ['cp', '-', `${id}:/`], timeoutMs: copyMs },
    signal: new AbortController().signal,
    input: await archiveOf('/dev/null', file),
  }).catch(() => undefined);
  const what = emptied?.exitCode === 0 ? 'an empty file' : 'the capture helper';
  note(`${what} is left in ${name}, which has no program that removes it: ${file}`);
}
