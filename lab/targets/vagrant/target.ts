import { realpath } from 'node:fs/promises';
import { posix, relative, sep } from 'node:path';
import type { Emit } from '../../events.js';
import type { Endpoint, Target } from '../target.js';
import { type MachineOptions, type OpenMachine, openMachine } from './machine.js';
import { reachGuest } from './reach.js';
import type { SshHost } from './ssh-config.js';
import { guarded, type Power, watchMachine } from './stopped.js';

/** Opens the SSH target of a host; the guest's host key is not known, `checkHostKey` says so. */
export type Connect = (host: SshHost, power: Power, signal: AbortSignal) => Promise<Target>;

/** A folder of the lab's machine that the Vagrantfile brings into the guest. */
export interface SyncedFolder {
  readonly local: string;
  readonly guest: string;
}

export interface VagrantTargetOptions extends MachineOptions {
  readonly connect: Connect;
  /** Inner folders before outer ones. */
  readonly synced: readonly SyncedFolder[];
}

/** Milliseconds for the name, and for the forwarded port. */
const tryMs = 5_000;

/**
 * A machine of Vagrant as a target: brought up if it does not run, then all through SSH. Disposing it closes the
 * connection and undoes what bringing it up did (see `openMachine`).
 *
 * Servers listen on all addresses: nobody but this machine is on the guest's network. Paths of synced folders are those
 * of the article, `/vagrant/...`; whatever else is mirrored goes where the SSH target puts it.
 */
export async function vagrantTarget(
  options: VagrantTargetOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<Target> {
  const machine = await openMachine(options, emit, signal);
  const watched = watchMachine(machine);
  try {
    const ssh = await watched.guard(() => options.connect(machine.host, watched.power, signal));
    return guarded(composed(machine, ssh, options), watched);
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

function composed(machine: OpenMachine, ssh: Target, options: VagrantTargetOptions): Target {
  const { name } = machine;
  // Bringing it up has synced its folders.
  let synced = machine.began !== 'ran';
  const reached = new Map<number, Promise<Endpoint>>();
  return {
    kind: 'vagrant',
    name,
    workFolder: ssh.workFolder,
    listenHost: '0.0.0.0',
    reach(port, signal) {
      const known = reached.get(port);
      if (known !== undefined) return known;
      const way = reachGuest(port, { name, ssh, forwarded: machine.forwarded, tryMs }, signal);
      reached.set(port, way);
      // What failed may be asked again.
      way.catch(() => reached.delete(port));
      return way;
    },
    async mirror(folder, signal) {
      const path = await pathInGuest(folder, options.synced);
      if (path === undefined) return await ssh.mirror(folder, signal);
      // Does nothing where the provider shares the folder itself.
      if (!synced) await machine.vagrant.rsync(name, { signal });
      synced = false;
      const there = await ssh.exec(['test', '-d', path], { signal });
      return there.exitCode === 0 ? path : await ssh.mirror(folder, signal);
    },
    exec: (argv, run) => ssh.exec(argv, run),
    start: (argv, run) => ssh.start(argv, run),
    attach: (identity, signal) => ssh.attach(identity, signal),
    readFile: (path, signal) => ssh.readFile(path, signal),
    upload: (localPath, path, signal) => ssh.upload(localPath, path, signal),
    download: (path, localPath, run) => ssh.download(path, localPath, run),
    async [Symbol.asyncDispose]() {
      try {
        await ssh[Symbol.asyncDispose]();
      } finally {
        await machine[Symbol.asyncDispose]();
      }
    },
  };
}

/** The path in the guest of a folder inside a synced one, `undefined` for any other. */
export async function pathInGuest(
  folder: string,
  synced: readonly SyncedFolder[],
): Promise<string | undefined> {
  const real = await realpath(folder);
  for (const { local, guest } of synced) {
    const inside = relative(await realpath(local).catch(() => local), real);
    if (inside === '..' || inside.startsWith(`..${sep}`) || posix.isAbsolute(inside)) continue;
    return posix.join(guest, ...inside.split(sep));
  }
  return undefined;
}
