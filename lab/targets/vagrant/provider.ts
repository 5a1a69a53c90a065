import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { LabError } from '../../errors.js';
import { pluginOf } from './plugins.js';

/** What this machine has of what Vagrant's providers need. */
export interface ProviderFacts {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Programs that were found, of those in `providerPrograms`. */
  readonly programs: ReadonlySet<string>;
  /** /dev/kvm can be opened. */
  readonly kvm: boolean;
  readonly plugins: ReadonlySet<string>;
  /** The caller's choice: an option, or LAB_VM_PROVIDER, or Vagrant's own VAGRANT_DEFAULT_PROVIDER. */
  readonly asked: { readonly name: string; readonly by: string } | undefined;
}

export interface ProviderChoice {
  readonly name: string;
  /** For a person: who asked for it, or what was found. */
  readonly why: string;
  /** False where the processor is emulated: everything takes about ten times as long. */
  readonly fast: boolean;
}

interface Candidate {
  readonly name: string;
  /** One of them is enough. */
  readonly programs: readonly string[];
}

const candidates: readonly Candidate[] = [
  { name: 'virtualbox', programs: ['VBoxManage'] },
  { name: 'libvirt', programs: ['libvirtd', 'virtqemud', 'virsh'] },
  { name: 'parallels', programs: ['prlctl'] },
  { name: 'vmware_desktop', programs: ['vmrun', 'vmware'] },
  { name: 'qemu', programs: ['qemu-system-x86_64', 'qemu-system-aarch64'] },
];

/** Apple silicon: what runs arm64 guests well comes first. */
const onAppleSilicon = ['parallels', 'vmware_desktop', 'qemu', 'virtualbox'];

export const providerPrograms: readonly string[] = candidates.flatMap(({ programs }) => programs);

/** Where installers put programs beside PATH. */
const otherFolders = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/sbin',
  '/Applications/VirtualBox.app/Contents/MacOS',
  '/Applications/VMware Fusion.app/Contents/Library',
];

/**
 * The provider to use: the one that was asked for, without looking whether it works (Vagrant says that better), else the
 * first that this machine has with its plugin. Throws `missing-tool` with one action: the plugin to install where a
 * hypervisor is there without its plugin, else a hypervisor to install.
 */
export function chooseProvider(facts: ProviderFacts): ProviderChoice {
  const { asked, programs, plugins, kvm } = facts;
  const fast = (name: string): boolean =>
    facts.platform !== 'linux' || kvm || !['libvirt', 'qemu'].includes(name);
  if (asked !== undefined) {
    return { name: asked.name, why: `${asked.by} asks for it`, fast: fast(asked.name) };
  }
  const silicon = facts.platform === 'darwin' && facts.arch === 'arm64';
  const order = silicon
    ? onAppleSilicon.flatMap((name) => candidates.filter((each) => each.name === name))
    : candidates;
  const here = order.flatMap(({ name, programs: any }) => {
    const program = any.find((each) => programs.has(each));
    return program === undefined ? [] : [{ name, program }];
  });
  const usable = here.filter(({ name }) => {
    const plugin = pluginOf(name);
    return plugin === undefined || plugins.has(plugin);
  });
  const found = usable.find(({ name }) => fast(name)) ?? usable[0];
  if (found !== undefined) {
    const emulated = fast(found.name) ? '' : ', without /dev/kvm: the processor is emulated';
    return { name: found.name, why: `${found.program} is here${emulated}`, fast: fast(found.name) };
  }
  const [first] = here;
  const plugin = first === undefined ? undefined : pluginOf(first.name);
  if (first !== undefined && plugin !== undefined) {
    throw new LabError(`${first.program} is here, but Vagrant has no plugin for it`, {
      code: 'missing-tool',
      hint: `vagrant plugin install ${plugin}`,
      details: { failure: 'plugin-missing' },
    });
  }
  throw new LabError('this machine has nothing that Vagrant could run a virtual machine with', {
    code: 'missing-tool',
    hint: toInstall(facts.platform, silicon),
    details: { failure: 'provider-missing', looked: providerPrograms },
  });
}

function toInstall(platform: NodeJS.Platform, silicon: boolean): string {
  if (platform === 'linux') {
    return 'sudo apt-get install libvirt-daemon-system qemu-system-x86 vagrant-libvirt vagrant-hostmanager';
  }
  return silicon
    ? 'brew install qemu && vagrant plugin install vagrant-qemu'
    : 'brew install --cask virtualbox';
}

/** Looks at this machine. `plugins` are those of `vagrant plugin list`. */
export async function providerFacts(
  options: { readonly provider?: string; readonly plugins: Iterable<string> },
  signal: AbortSignal,
): Promise<ProviderFacts> {
  signal.throwIfAborted();
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...otherFolders].filter(
    (each) => each !== '',
  );
  const found = await Promise.all(
    providerPrograms.map(async (program) => {
      const there = await Promise.all(folders.map((folder) => can(join(folder, program), constants.X_OK)));
      return there.includes(true) ? [program] : [];
    }),
  );
  return {
    platform: process.platform,
    arch: process.arch,
    programs: new Set(found.flat()),
    kvm: await can('/dev/kvm', constants.R_OK | constants.W_OK),
    plugins: new Set(options.plugins),
    asked: askedFor(options.provider),
  };
}

function askedFor(option: string | undefined): ProviderFacts['asked'] {
  if (option !== undefined) return { name: option, by: 'an option' };
  for (const by of ['LAB_VM_PROVIDER', 'VAGRANT_DEFAULT_PROVIDER']) {
    const name = process.env[by];
    if (name !== undefined && name !== '') return { name, by };
  }
  return undefined;
}

async function can(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}
