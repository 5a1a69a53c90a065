import type { LabErrorCode } from '../../errors.js';
import type { Evidence, Explanation, VagrantFailure } from './failure.js';
import { pluginOf } from './plugins.js';

type Rule = (evidence: Evidence) => Explanation | undefined;

const providerNames: Readonly<Record<string, string>> = {
  virtualbox: 'install VirtualBox: https://www.virtualbox.org/wiki/Linux_Downloads',
  libvirt: 'install and start libvirt: `sudo apt-get install libvirt-daemon-system qemu-system`',
  parallels: 'install Parallels Desktop Pro and open it once',
  vmware_desktop: 'install VMware and the Vagrant VMware utility',
  qemu: 'install QEMU: `brew install qemu`, or `sudo apt-get install qemu-system`',
};

/** The first that knows the evidence wins. */
export const rules: readonly Rule[] = [
  ({ text }) => {
    const plugin =
      /vagrant plugin install ([\w-]+)/.exec(text)?.[1] ??
      /plugins configured for this[\s\S]*?not installed[^\n]*\n+\s*([\w-]+)/.exec(text)?.[1] ??
      /the plugin ([\w-]+) is missing/.exec(text)?.[1] ??
      (/Unknown configuration section '(\w+)'/.exec(text)?.[1] === 'hostmanager'
        ? 'vagrant-hostmanager'
        : undefined);
    if (plugin === undefined) return undefined;
    return {
      failure: 'plugin-missing',
      code: 'missing-tool',
      what: `the plugin ${plugin} is missing`,
      hint: `vagrant plugin install ${plugin}`,
    };
  },
  ({ name, text }) => {
    if (!/^(ProviderNotFound|NoDefaultProvider)/.test(name)) return undefined;
    const provider = /provider '([\w-]+)'/.exec(text)?.[1] ?? 'that can be used here';
    const plugin = pluginOf(provider);
    return {
      failure: 'provider-missing',
      code: 'missing-tool',
      what: `Vagrant knows no provider ${provider}`,
      hint:
        plugin === undefined
          ? 'choose a provider that exists: LAB_VM_PROVIDER=virtualbox or LAB_VM_PROVIDER=libvirt'
          : `vagrant plugin install ${plugin}`,
    };
  },
  ({ name, text }) => {
    if (
      !/^(ProviderNotUsable|FogLibvirtConnectionError|VirtualBox\w+|VBoxManage(Launch|NotFound)Error)$/.test(
        name,
      )
    ) {
      return undefined;
    }
    const known = /provider '([\w-]+)'/.exec(text)?.[1];
    const provider = known ?? (name === 'FogLibvirtConnectionError' ? 'libvirt' : 'virtualbox');
    return {
      failure: 'provider-refused',
      code: 'missing-tool',
      what: `the provider ${provider} cannot be used here`,
      hint: providerNames[provider] ?? `look why ${provider} does not run on this machine`,
    };
  },
  ({ text }) =>
    /No space left on device|not enough (free )?(disk )?space|VERR_DISK_FULL|Disk quota exceeded/i.test(text)
      ? space(
          'the disk is full',
          'free some gigabytes where boxes and disks lie (VAGRANT_HOME, the storage pool)',
        )
      : undefined,
  ({ text }) =>
    /Cannot allocate memory|cannot set up guest memory|VERR_NO_MEMORY|NS_ERROR_OUT_OF_MEMORY|insufficient memory/i.test(
      text,
    )
      ? space('there is not enough memory for the machine', 'give the machine less: LAB_VM_MEMORY=1024')
      : undefined,
  ({ name }) =>
    /^(MachineActionLocked|MachineLocked|EnvironmentLocked)/.test(name)
      ? problem(
          'machine-locked',
          'another vagrant works with this machine',
          'wait until the other vagrant has ended',
        )
      : undefined,
  ({ name, text }) => {
    const port =
      /port (\d+) of \S+ is taken/.exec(text)?.[1] ??
      /forwarded port to (\d+)\s+is already in use/.exec(text)?.[1] ??
      /Forwarded port: \d+ => (\d+)/.exec(text)?.[1] ??
      /Could not set up host forwarding rule '\w+:[^:']*:(\d+)-/.exec(text)?.[1];
    if (port === undefined && !/^ForwardPort(Collision|Autolist)/.test(name)) return undefined;
    const guest = /was to lead to the guest's (\d+)/.exec(text)?.[1] ?? settingOf(port);
    return {
      failure: 'port-taken',
      code: 'port-taken',
      what:
        port === undefined ? 'a forwarded port is taken on this side' : `port ${port} is taken on this side`,
      hint:
        guest === undefined
          ? `end what listens there: \`ss -ltnp sport = :${port ?? '10080'}\``
          : `choose another: LAB_PORT_${guest}=${Number(port ?? guest) + 1000}`,
    };
  },
  ({ name, step }) =>
    /^(Box(AddShort)?NotFound|BoxNotFoundWith|BoxAddNoMatching|BoxMetadataFileNotFound|BoxFileNotExist|BoxMetadataDownload|DownloaderError)/.test(
      name,
    )
      ? problem(
          'box-missing',
          'the box is neither here nor can it be fetched',
          step.step.includes('box')
            ? 'look at the path or the address of the box'
            : 'npx lab provision --offline-box',
          'missing-tool',
        )
      : undefined,
  ({ name }) =>
    /^(Box\w*Checksum|DownloaderChecksum|BoxUnpackage|BoxMetadata(Corrupted|Malformed)|BadBoxImage)/.test(
      name,
    )
      ? problem('box-broken', 'the box is damaged', 'build it again: npx lab provision --offline-box')
      : undefined,
  ({ name }) =>
    name === 'BoxAlreadyExists'
      ? problem('box-there', 'the box is there already', 'see `vagrant box list`')
      : undefined,
  // What the Vagrantfile itself complains of ends with its own action.
  ({ name, text }) => {
    const action = /\n\s*-> (.+)/.exec(text)?.[1];
    // What is raised while a provider is configured comes wrapped.
    const own = name === 'SettingsError' || text.includes('Lab::SettingsError: ');
    if (!own || action === undefined) return undefined;
    const kind = /names no file|no catalogue of boxes/.test(text) ? 'box-missing' : 'bad-vagrantfile';
    return problem(kind, 'a setting of the machine is wrong', action, 'usage');
  },
  ({ name, step }) =>
    step.step === 'vagrant destroy' && /^(DestroyRequiresForce|UIExpectsTTY|)$/.test(name)
      ? problem(
          'destroy-refused',
          'the machine was not destroyed',
          'destroy it by hand: `cd vagrant && vagrant destroy -f`',
        )
      : undefined,
  ({ name, step }) =>
    /^(VMBoot|NoIpAddress|SSHConnectionTimeout|SSHHostDown|SSHNoRoute|WinRM)/.test(name) ||
    (name === 'SSHNotReady' && step.step === 'vagrant up')
      ? problem(
          'boot-timeout',
          'the guest did not come up in time',
          'destroy it and try again: `cd vagrant && vagrant destroy -f`',
        )
      : undefined,
  ({ name }) =>
    /^(SSHNotReady|MachineGuestNotReady|VMNotCreated|VMNotRunning)/.test(name)
      ? problem('not-ready', 'the machine is not ready for SSH', 'bring it up: `cd vagrant && vagrant up`')
      : undefined,
  ({ name }) =>
    /^(MachineNotFound|VMNoMatch)/.test(name)
      ? problem(
          'no-such-machine',
          'the Vagrantfile has no such machine',
          'see `vagrant status` for their names',
          'usage',
        )
      : undefined,
  ({ name }) =>
    /^Snapshot(NotFound|Missing)/.test(name)
      ? problem('no-snapshot', 'there is no such snapshot', 'see `vagrant snapshot list`', 'usage')
      : undefined,
  ({ name, text }) =>
    /^(NoEnvironment|Vagrantfile|ConfigInvalid|VagrantVersionBad)/.test(name) ||
    /syntax error in the following Vagrantfile/.test(text)
      ? problem(
          'bad-vagrantfile',
          'there is no Vagrantfile that can be used',
          'fix the Vagrantfile: `vagrant validate` says where',
          'usage',
        )
      : undefined,
  ({ name }) =>
    /Interrupt(ed)?$/.test(name)
      ? problem('interrupted-elsewhere', 'somebody interrupted it', 'try again')
      : undefined,
  ({ name, text, lines }) => {
    if (
      !/^(VagrantError|SSHRun|Provisioner)/.test(name) &&
      !/responded with a non-zero\s+exit status/.test(text)
    ) {
      return undefined;
    }
    // The lab's own provisioning says what to do.
    const action = lines.flatMap((line) => /^-> (.+)/.exec(line)?.[1] ?? []).at(-1);
    const hint = action ?? 'see the lines above, fix it, and `cd vagrant && vagrant provision`';
    return problem('provisioning', 'a command in the guest failed', hint);
  },
];

/** What comes after `LAB_PORT_` in the name of the setting that chose a port of this side. */
function settingOf(port: string | undefined): string | undefined {
  if (port === undefined || port === '10080' || port === '10081') return port;
  const chosen = Object.entries(process.env).find(
    ([name, value]) => name.startsWith('LAB_PORT_') && value === port,
  );
  return chosen?.[0].slice('LAB_PORT_'.length);
}

export function problem(
  failure: VagrantFailure,
  what: string,
  hint: string,
  code: LabErrorCode = 'target',
): Explanation {
  return { failure, code, what, hint };
}

function space(what: string, hint: string): Explanation {
  return { failure: 'no-space', code: 'no-space', what, hint };
}
