import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { poll } from '../deadline.js';
import type { LabError } from '../errors.js';
import { runClient, streamClient } from './client.js';
import { askMs, complaint, type EngineContainer, reasonIn } from './engine-facts.js';
import { engineRefused, grantPtrace } from './engine-rights.js';
import { ownerLabel } from './left-in-engine.js';
import type { Place } from './place.js';
import { readProcesses } from './processes.js';

const importMs = 10 * 60_000;
const removeMs = 30_000;

/**
 * What root needs to read the memory of a process that is anybody's: ptrace, files that only their owner may read, and
 * ending the process that a snapshot by fork leaves.
 */
const capabilities = ['SYS_PTRACE', 'DAC_READ_SEARCH', 'KILL'];

/**
 * A container of its own beside the service's, in its table of processes and nothing else: made of an image that holds the
 * helper alone, so that neither shell nor libc nor a root that can be written to is needed, nothing is put into the
 * service's container, and its limits do not count. Throws what the engine refuses; nothing is left then.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the place share what was made and has to go again
export async function throwAwayPlace(
  container: EngineContainer,
  {
    helper,
    owner,
    note,
  }: { readonly helper: string; readonly owner: string; readonly note: (text: string) => void },
  signal: AbortSignal,
): Promise<Place> {
  const { client, name, id } = container;
  const token = randomBytes(6).toString('hex');
  const file = `/lab-capture-${token}`;
  const image = `localhost/go-deadlock-lab-capture:${token}`;
  let made = 0;
  let widened = false;

  const rights = (): readonly string[] => [
    ...['--cap-drop', 'ALL', ...capabilities.flatMap((one) => ['--cap-add', one])],
    ...['--security-opt', 'no-new-privileges'],
    // The engine's own profile lets a process trace only those of the same profile.
    ...(container.appArmor === '' ? [] : ['--security-opt', 'apparmor=unconfined']),
    ...(widened ? ['--security-opt', 'seccomp=unconfined'] : []),
    ...userNamespace(container),
  ];

  const place: Omit<Place, 'processes'> = {
    where: `the container ${name}`,
    grant: grantPtrace(client, name),
    async run(call, read) {
      const called = `lab-capture-${token}-${++made}`;
      const args = [
        ...['create', '--name', called, '--label', `${ownerLabel}=${owner}`, '--rm'],
        // An engine keeps what a container prints: this one prints memory.
        ...[
          '--log-driver',
          'none',
          '--pid',
          `container:${id}`,
          '--network',
          'none',
          '--read-only',
          '--user',
          '0:0',
        ],
        ...[...rights(), image, file, ...call.args],
      ];
      try {
        call.signal.throwIfAborted();
        // Not with the caller's signal: a container that comes to be after its client was ended would stay.
        const created = await runClient({
          client,
          args,
          signal: new AbortController().signal,
          timeoutMs: askMs,
        });
        if (created.exitCode !== 0) throw complaint(client, name, created);
        return await streamClient({ ...call, client, args: ['start', '--attach', called] }, read);
      } finally {
        if (!(await isRemoved(client, ['rm', '--force', called]))) {
          note(`a container with the capture helper is left: ${client} rm --force ${called}`);
        }
      }
    },
    widen() {
      const more = !widened;
      widened = true;
      return more;
    },
    refused: (said, cause) => engineRefused(container, said, cause),
    async [Symbol.asyncDispose]() {
      if (await isRemoved(client, ['rmi', '--force', image])) return;
      note(`an image with the capture helper is left: ${client} rmi --force ${image}`);
    },
  };

  try {
    const imported = await runClient({
      ...{ client, signal, timeoutMs: importMs },
      args: ['import', '--change', `LABEL ${ownerLabel}=${owner}`, '-', image],
      input: await archiveOf(helper, file),
    });
    if (imported.exitCode !== 0) throw complaint(client, name, imported);
    const listed = await place.run({ args: ['list'], signal }, textOf);
    if (listed.exitCode !== 0 || listed.read.status === 'rejected') throw complaint(client, name, listed);
    return { ...place, processes: readProcesses(listed.read.value, file) };
  } catch (error) {
    await place[Symbol.asyncDispose]();
    throw error;
  }
}

/** A capability counts in the namespace of users that it was given in, and in those below it. */
function userNamespace({ client, id, userNamespace: mode }: EngineContainer): readonly string[] {
  if (mode === 'host') return ['--userns', 'host'];
  return client === 'podman' && mode !== '' ? ['--userns', `container:${id}`] : [];
}

/** A tar with one file, which everybody may run and only root may change. */
export async function archiveOf(path: string, name: string): Promise<Buffer> {
  const tar = pack();
  tar.entry(
    { name: name.replace(/^\//, ''), mode: 0o755, uid: 0, gid: 0, mtime: new Date(0) },
    await readFile(path),
  );
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export async function textOf(stdout: Readable): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stdout) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** For what is taken away: with a deadline of its own, since the caller's signal may be what ended the work. */
export async function quietly(client: EngineContainer['client'], args: readonly string[]): Promise<string> {
  const signal = new AbortController().signal;
  const gone = await runClient({ client, args, signal, timeoutMs: removeMs }).catch((error: LabError) => ({
    exitCode: 1,
    stderr: error.message,
  }));
  return gone.exitCode === 0 ? '' : reasonIn(gone.stderr) || 'it failed';
}

/**
 * Whether the engine has taken it away. An image goes once the engine has done with its last container, and a container
 * once whatever watched it has tidied up after it: until then the engine calls them busy.
 */
async function isRemoved(client: EngineContainer['client'], remove: readonly string[]): Promise<boolean> {
  const look = async () => {
    const said = await quietly(client, remove);
    return said === '' || /no such (image|container)|image not known|not found/i.test(said) || undefined;
  };
  const signal = new AbortController().signal;
  return (await poll(look, { signal, deadlineMs: 10_000, everyMs: 200 })) ?? false;
}
