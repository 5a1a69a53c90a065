import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runMocha } from './tests.mjs';

/** Programs of the tier, and the Debian packages that they come from. */
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

/**
 * The tests that need a virtual machine: the box is built, brought up and used for real. Where its tools are missing it
 * says so and passes, except in CI. Returns the exit code.
 */
export async function runVmTests(root, tools, args) {
  const inCi = /^(true|1)$/.test(process.env.CI ?? '');
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const missing = Object.entries(needed)
    .filter(([name]) => !folders.some((folder) => existsSync(join(folder, name))))
    .map(([, name]) => name);
  const why =
    process.platform !== 'linux' || process.getuid?.() !== 0
      ? 'they need root on Linux: sudo npm run test:vm'
      : missing.length > 0
        ? `not installed; apt-get install -y ${[...missing, ...plugins].join(' ')}`
        : undefined;
  if (why !== undefined) {
    process.stdout.write(`The tests in a VM were skipped: ${why}\n`);
    return inCi ? 1 : 0;
  }
  const spec = args.length > 0 ? args : ['dist/test/vm/*.vm.js'];
  const { passed, failed, code } = await runMocha(root, tools, ['--no-config', ...spec], inCi);
  if (process.env.LAB_TEST_SUMMARY)
    writeFileSync(process.env.LAB_TEST_SUMMARY, JSON.stringify({ passed, failed }));
  process.stdout.write(`\nTests in a VM: ${passed} passed, ${failed} failed\n`);
  return code;
}
