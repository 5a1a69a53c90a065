import { expect } from 'chai';
import { LabError } from '../../../lab/errors.js';
import { chooseProvider, type ProviderFacts, providerFacts } from '../../../lab/targets/vagrant/provider.js';

const nothing: ProviderFacts = {
  platform: 'linux',
  arch: 'x64',
  programs: new Set(),
  kvm: false,
  plugins: new Set(),
  asked: undefined,
};

const nameOf = (facts: Partial<ProviderFacts>): string => chooseProvider({ ...nothing, ...facts }).name;

function refusalOf(facts: Partial<ProviderFacts>): LabError {
  try {
    chooseProvider({ ...nothing, ...facts });
  } catch (error) {
    if (error instanceof LabError) return error;
  }
  throw new Error('it was not refused');
}

describe('the provider', () => {
  it('is the one that was asked for, whatever is here', () => {
    const asked = { name: 'hyperv', by: 'an option' };
    expect(nameOf({ asked, programs: new Set(['VBoxManage']) })).to.equal('hyperv');
  });

  it('is what this machine has together with its plugin', () => {
    expect(nameOf({ programs: new Set(['VBoxManage']) })).to.equal('virtualbox');
    expect(nameOf({ programs: new Set(['libvirtd']), plugins: new Set(['vagrant-libvirt']) })).to.equal(
      'libvirt',
    );
    expect(nameOf({ programs: new Set(['VBoxManage', 'prlctl']), plugins: new Set() })).to.equal(
      'virtualbox',
    );
  });

  it('is one that need not emulate the processor, where there is one', () => {
    const programs = new Set(['libvirtd', 'vmrun']);
    const plugins = new Set(['vagrant-libvirt', 'vagrant-vmware-desktop']);
    expect(nameOf({ programs, plugins })).to.equal('vmware_desktop');
    expect(nameOf({ programs, plugins, kvm: true })).to.equal('libvirt');
    const emulated = chooseProvider({ ...nothing, programs: new Set(['virsh']), plugins });
    expect(emulated).to.include({ name: 'libvirt', fast: false });
    expect(emulated.why).to.contain('/dev/kvm');
  });

  it('is on Apple silicon what runs its guests well', () => {
    const facts = { platform: 'darwin', arch: 'arm64' } as const;
    const plugins = new Set(['vagrant-parallels', 'vagrant-qemu']);
    const programs = new Set(['VBoxManage', 'prlctl', 'qemu-system-aarch64']);
    expect(nameOf({ ...facts, programs, plugins })).to.equal('parallels');
    expect(nameOf({ ...facts, programs: new Set(['qemu-system-aarch64', 'VBoxManage']), plugins })).to.equal(
      'qemu',
    );
    expect(refusalOf(facts).hint).to.contain('vagrant-qemu');
  });

  it('is refused with the plugin to install, else with a hypervisor to install', () => {
    const plugin = refusalOf({ programs: new Set(['prlctl']) });
    expect(plugin.hint).to.equal('vagrant plugin install vagrant-parallels');
    expect(plugin.code).to.equal('missing-tool');
    expect(refusalOf({}).hint).to.contain('apt-get install');
    expect(refusalOf({ platform: 'darwin' }).hint).to.contain('virtualbox');
  });

  it('is looked for on this very machine', async () => {
    const { signal } = new AbortController();
    const facts = await providerFacts({ provider: 'libvirt', plugins: ['vagrant-libvirt'] }, signal);
    expect(facts.asked).to.deep.equal({ name: 'libvirt', by: 'an option' });
    expect(facts.platform).to.equal(process.platform);
    expect([...facts.plugins]).to.deep.equal(['vagrant-libvirt']);
  });
});
