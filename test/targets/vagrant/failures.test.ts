import { expect } from 'chai';
import type { LabErrorCode } from '../../../lab/errors.js';
import { rejectsWith } from '../../rejects.js';
import { plays, recorded, scripted } from './scripted.js';

const { signal } = new AbortController();

interface Case {
  readonly title: string;
  readonly fixture: string;
  readonly onStderr?: boolean;
  readonly step?: 'up' | 'destroy' | 'ssh-config' | 'status' | 'hostmanager' | 'box add';
  readonly code: LabErrorCode;
  readonly failure: string;
  readonly hint: string;
}

const cases: readonly Case[] = [
  {
    title: 'a plugin of the project that is missing',
    fixture: 'plugin-missing',
    code: 'missing-tool',
    failure: 'plugin-missing',
    hint: 'vagrant plugin install vagrant-parallels',
  },
  {
    title: 'a provider that Vagrant does not know',
    fixture: 'parallels-unknown',
    code: 'missing-tool',
    failure: 'provider-missing',
    hint: 'vagrant plugin install vagrant-parallels',
  },
  {
    title: 'a VirtualBox that is not there',
    fixture: 'virtualbox-missing',
    code: 'missing-tool',
    failure: 'provider-refused',
    hint: 'VirtualBox',
  },
  {
    title: 'a libvirt that does not run',
    fixture: 'libvirt-not-running',
    code: 'missing-tool',
    failure: 'provider-refused',
    hint: 'libvirt',
  },
  {
    title: 'a box that is nowhere',
    fixture: 'box-missing',
    code: 'missing-tool',
    failure: 'box-missing',
    hint: 'npx lab provision --offline-box',
  },
  {
    title: 'a file of a box that is not there',
    fixture: 'box-add-missing',
    step: 'box add',
    code: 'missing-tool',
    failure: 'box-missing',
    hint: 'path',
  },
  {
    title: 'a machine that another vagrant holds',
    fixture: 'machine-locked',
    code: 'target',
    failure: 'machine-locked',
    hint: 'wait',
  },
  {
    title: 'a destroy that was refused',
    fixture: 'destroy-refused',
    step: 'destroy',
    code: 'target',
    failure: 'destroy-refused',
    hint: 'vagrant destroy -f',
  },
  {
    title: 'a machine that is not there for SSH',
    fixture: 'ssh-not-ready',
    step: 'ssh-config',
    code: 'target',
    failure: 'not-ready',
    hint: 'vagrant up',
  },
  {
    title: 'a folder without a Vagrantfile',
    fixture: 'no-vagrantfile',
    step: 'status',
    code: 'usage',
    failure: 'bad-vagrantfile',
    hint: 'Vagrantfile',
  },
  {
    title: 'a Vagrantfile with a section of no plugin',
    fixture: 'bad-section',
    code: 'usage',
    failure: 'bad-vagrantfile',
    hint: 'vagrant validate',
  },
  {
    title: 'a Vagrantfile that is no Ruby',
    fixture: 'syntax-error',
    onStderr: true,
    code: 'usage',
    failure: 'bad-vagrantfile',
    hint: 'vagrant validate',
  },
  {
    title: 'a machine that the Vagrantfile does not have',
    fixture: 'no-such-machine',
    code: 'usage',
    failure: 'no-such-machine',
    hint: 'vagrant status',
  },
  {
    title: 'a provisioning that failed, with the action that it names',
    fixture: 'up-provision-failed',
    code: 'target',
    failure: 'provisioning',
    hint: 'mend the network of the guest',
  },
  {
    title: 'a plugin that crashes',
    fixture: 'hostmanager-crash',
    onStderr: true,
    step: 'hostmanager',
    code: 'target',
    failure: 'unknown',
    hint: 'read ',
  },
];

/** Messages of Vagrant's and its plugins' catalogues (templates/locales/en.yml), of what cannot be brought about everywhere. */
const told: readonly (Omit<Case, 'fixture'> & { readonly name: string; readonly message: string })[] = [
  {
    title: 'a forwarded port that is taken',
    name: 'Vagrant::Errors::ForwardPortCollision',
    message: 'The forwarded port to 10080 is already in use\non the host machine.',
    code: 'port-taken',
    failure: 'port-taken',
    hint: 'LAB_PORT_10080=11080',
  },
  {
    title: 'a port that the Vagrantfile found taken',
    name: 'Lab::SettingsError',
    message:
      "port 12000 of 127.0.0.1 is taken; it was to lead to the guest's 10081\n-> choose another: LAB_PORT_10081=13000 vagrant up",
    code: 'port-taken',
    failure: 'port-taken',
    hint: 'LAB_PORT_10081=13000',
  },
  {
    title: 'a plugin that the Vagrantfile misses',
    name: 'Lab::SettingsError',
    message: 'the plugin vagrant-hostmanager is missing\n-> vagrant plugin install vagrant-hostmanager',
    code: 'missing-tool',
    failure: 'plugin-missing',
    hint: 'vagrant plugin install vagrant-hostmanager',
  },
  {
    title: 'a setting that the Vagrantfile refuses',
    name: 'Lab::SettingsError',
    message: 'LAB_SYNC=x: unknown\n-> give one of: rsync, nfs',
    code: 'usage',
    failure: 'bad-vagrantfile',
    hint: 'give one of: rsync, nfs',
  },
  {
    title: 'a setting that is refused while the provider is configured',
    name: 'Vagrant::Errors::VagrantfileLoadError',
    message:
      'Path: <provider config: libvirt>\nMessage: Lab::SettingsError: LAB_BOX names no file: /none.box\n-> build one: LAB_BOX=$(vagrant/box/build.sh --cache DIR)',
    code: 'usage',
    failure: 'box-missing',
    hint: 'build one: LAB_BOX=$(vagrant/box/build.sh --cache DIR)',
  },
  {
    title: 'a guest that never boots',
    name: 'Vagrant::Errors::VMBootTimeout',
    message: 'Timed out while waiting for the machine to boot.',
    code: 'target',
    failure: 'boot-timeout',
    hint: 'vagrant destroy -f',
  },
  {
    title: 'a guest that gets no address',
    name: 'VagrantPlugins::ProviderLibvirt::Errors::NoIpAddressError',
    message: 'No IP address found.',
    code: 'target',
    failure: 'boot-timeout',
    hint: 'vagrant destroy -f',
  },
  {
    title: 'a full disk',
    name: 'VagrantPlugins::ProviderLibvirt::Errors::ImageUploadError',
    message: 'Error while uploading image to storage pool: cannot write data: No space left on device',
    code: 'no-space',
    failure: 'no-space',
    hint: 'free some gigabytes',
  },
  {
    title: 'too little memory',
    name: 'VagrantPlugins::ProviderLibvirt::Errors::DomainStartError',
    message:
      "Failed to start domain: internal error: cannot set up guest memory 'pc.ram': Cannot allocate memory",
    code: 'no-space',
    failure: 'no-space',
    hint: 'LAB_VM_MEMORY=1024',
  },
  {
    title: 'an interruption by somebody else',
    name: 'Vagrant::Errors::VagrantInterrupt',
    message: 'Vagrant exited after cleanup due to external interrupt.',
    code: 'target',
    failure: 'interrupted-elsewhere',
    hint: 'try again',
  },
];

describe('what Vagrant fails of', () => {
  for (const each of cases) {
    it(`is told with one action: ${each.title}`, async () => {
      const stderr =
        each.onStderr === true || each.fixture === 'plugin-missing' ? recorded(each.fixture, 'err') : '';
      const play =
        each.fixture === 'syntax-error'
          ? { command: '', stderr, exitCode: 1 }
          : plays('', each.fixture, { stderr, exitCode: 1 });
      await using lab = await scripted([play]);
      const work = {
        up: () => lab.vagrant.up({ machine: 'server-test-1' }, { signal }),
        destroy: () => lab.vagrant.destroy('server-test-1', { signal }),
        'ssh-config': () => lab.vagrant.sshConfig('server-test-1', { signal }),
        status: () => lab.vagrant.status('server-test-1', { signal }),
        hostmanager: () => lab.vagrant.hostmanager({}, { signal }),
        'box add': () => lab.vagrant.boxAdd('file:///no.box', {}, { signal }),
      }[each.step ?? 'up'];
      const error = await rejectsWith(each.code, work());
      expect(error.details).to.include({ failure: each.failure, step: `vagrant ${each.step ?? 'up'}` });
      expect(error.hint).to.contain(each.hint);
      expect(error.message).to.match(/^vagrant [a-z -]+: \S.*\n {2}\S/);
      expect(error.message.split('\n').length).to.be.below(15);
    });
  }

  for (const each of told) {
    it(`is told with one action: ${each.title}`, async () => {
      const message = each.message.replaceAll(',', '%!(VAGRANT_COMMA)').replaceAll('\n', '\\n');
      const stdout = [`1,,ui,error,${message}\n1,,error-exit,${each.name},${message}\n`];
      await using lab = await scripted([{ command: 'up', stdout, exitCode: 1 }]);
      const error = await rejectsWith(each.code, lab.vagrant.up({}, { signal }));
      expect(error.details['failure']).to.equal(each.failure);
      expect(error.hint).to.contain(each.hint);
    });
  }

  it('is told with the log and the last lines where nobody knows it', async () => {
    const stdout = Array.from({ length: 40 }, (_, index) => `1,m,ui,info,==> m: line ${index}\n`);
    await using lab = await scripted([{ command: 'halt', stdout, stderr: 'something broke\n', exitCode: 3 }]);
    const error = await rejectsWith('target', lab.vagrant.halt('m', { signal }));
    expect(error.message)
      .to.contain('exit code 3')
      .and.to.contain('line 39')
      .and.to.contain('something broke');
    expect(error.message).not.to.contain('line 20');
    expect(error.hint).to.equal(`read ${lab.options.logFile}`);
  });

  it('is a missing tool where there is no vagrant, and another thing where there is no folder', async () => {
    await using lab = await scripted([], { command: ['/nowhere/vagrant'] });
    const error = await rejectsWith('missing-tool', lab.vagrant.version({ signal }));
    expect(error.details['failure']).to.equal('vagrant-missing');
    expect(error.hint).to.contain('install');
    await using other = await scripted([], { folder: '/nowhere/at/all' });
    expect((await rejectsWith('usage', other.vagrant.version({ signal }))).message).to.contain(
      '/nowhere/at/all',
    );
  });
});
