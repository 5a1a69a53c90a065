import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { cacheFolder, projectRoot } from '../../lab/paths.js';
import type { LabProcess } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';
import { type LabInVm, labInVm, type VmResult } from './lab-in-vm.js';

const { signal } = new AbortController();

/** The program that makes private libvirt hosts. */
export const privateHost = join(projectRoot, 'vagrant/box/private-host/private-host');

export interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A VM that stays between the commands of the lab, in a private host of the test's own. */
export interface KeptVm extends AsyncDisposable {
  /** As a user types it; without `--target` where it goes on with a run. */
  lab(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<VmResult>;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): LabProcess;
  readonly folder: string;
  /** Runs a command in the private host. */
  inside(argv: readonly string[]): Promise<Ended>;
  /** Runs a shell's line in the guest, as root. */
  guest(line: string): Promise<Ended>;
  /** As if its plug was pulled. */
  cutPower(): Promise<void>;
  /** Keeps the machine as it is now, its memory included. */
  remember(): Promise<void>;
  /** Makes it what it was then, running. */
  recall(): Promise<void>;
  /** Ends every connection of SSH, as a guest does that kills its sessions. */
  cutConnections(): Promise<void>;
}

/** A cache that shares with the project's the folders of those names; everything but the VM unless named. */
export async function sharedCache(folder: string, names?: readonly string[]): Promise<string> {
  const cache = join(folder, 'cache');
  await mkdir(cache);
  for (const name of names ?? ['box']) {
    await mkdir(join(cacheFolder(), name), { recursive: true });
  }
  for (const name of names ?? (await readdir(cacheFolder()))) {
    if (name !== 'vm') await symlink(join(cacheFolder(), name), join(cache, name));
  }
  return cache;
}

export async function keptVm(): Promise<KeptVm> {
  const home = await tempFolder();
  const cache = await sharedCache(home.path);
  const vm: LabInVm = await labInVm();
  const own = { LAB_CACHE: cache };
  const inside = async (argv: readonly string[]): Promise<Ended> => {
    const { exitCode, stdout, stderr } = await execa(
      privateHost,
      ['enter', '--state', join(cache, 'vm', 'host'), '--', ...argv],
      {
        reject: false,
        stdin: 'ignore',
        timeout: 120_000,
      },
    );
    return { exitCode, stdout, stderr };
  };
  const sure = async (argv: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await inside(argv);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  const virsh = async (...args: string[]): Promise<string> =>
    await sure(['virsh', '--connect', 'qemu:///system', ...args]);
  const domain = async (): Promise<string> => await virsh('list', '--all', '--name');
  const ssh = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'ConnectTimeout=20',
    'LogLevel=ERROR',
  ];
  const guest: KeptVm['guest'] = async (line) =>
    await inside([
      ...['sh', '-c', 'exec ssh -i "$LAB_HOST_FOLDER/vagrant-home/insecure_private_key" "$@"', 'sh'],
      ...ssh.flatMap((option) => ['-o', option]),
      ...['vagrant@server-test-1', `sudo sh -c '${line}'`],
    ]);
  return {
    folder: home.path,
    lab: (args, env = {}) => vm.lab(args, { ...own, ...env }),
    start: (args, env = {}) => vm.start(args, { ...own, ...env }),
    inside,
    guest,
    async cutPower() {
      await virsh('destroy', await domain());
    },
    async remember() {
      await virsh('snapshot-create-as', await domain(), 'remembered');
    },
    async recall() {
      await virsh('snapshot-revert', await domain(), 'remembered', '--running');
      await poll(async () => ((await guest('true')).exitCode === 0 ? true : undefined), {
        signal,
        deadlineMs: 60_000,
        everyMs: 500,
      });
    },
    async cutConnections() {
      await guest('pkill -KILL -f "^sshd: vagrant"');
    },
    async [Symbol.asyncDispose]() {
      await execa(privateHost, ['stop', '--state', join(cache, 'vm', 'host')], { reject: false });
      await vm[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}
