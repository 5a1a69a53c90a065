import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that the tests in a VM need, and the Debian packages that they come from. */
const needed = {
  vagrant: 'vagrant',
  virsh: 'libvirt-clients',
  libvirtd: 'libvirt-daemon-system',
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  dnsmasq: 'dnsmasq-base',
  mmdebstrap: 'mmdebstrap',
  extlinux: 'extlinux',
  ip: 'iproute2',
  rsync: 'rsync',
  ssh: 'openssh-client',
};
const plugins = ['vagrant-libvirt', 'vagrant-hostmanager'];

/** Why the box cannot be built, brought up and used here; `undefined` when it can. */
export function whyNoVm() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const missing = Object.entries(needed)
    .filter(([name]) => !folders.some((folder) => existsSync(join(folder, name))))
    .map(([, name]) => name);
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'they need root on Linux: sudo npm run test:vm';
  return missing.length > 0
    ? `not installed; apt-get install -y ${[...missing, ...plugins].join(' ')}`
    : undefined;
}
