/** Plugins that bring the providers Vagrant does not have itself. */
const plugins: Readonly<Record<string, string>> = {
  libvirt: 'vagrant-libvirt',
  parallels: 'vagrant-parallels',
  vmware_desktop: 'vagrant-vmware-desktop',
  vmware_fusion: 'vagrant-vmware-desktop',
  vmware_workstation: 'vagrant-vmware-desktop',
  qemu: 'vagrant-qemu',
};

/** The plugin that a provider needs, `undefined` for those of Vagrant itself and for unknown ones. */
export function pluginOf(provider: string): string | undefined {
  return plugins[provider];
}
