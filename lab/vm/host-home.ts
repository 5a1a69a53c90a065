import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Vagrant's environment in a private libvirt host: what it knows of machines ends with that host. Vagrant finds machines
 * by name in an index of its home, and those of two hosts have the same name: with one home they would lock, and touch,
 * each other's. The box is unpacked for each host, which takes two seconds: two that unpack one into the same folder were
 * seen to read it half done. Plugins are the user's. `folder` is the host's.
 */
export async function hostHome(folder: string): Promise<Readonly<Record<string, string>>> {
  const home = join(folder, 'vagrant-home');
  await mkdir(home, { recursive: true });
  const users = join(homedir(), '.vagrant.d');
  for (const name of ['gems', 'plugins.json']) {
    if (existsSync(join(users, name))) await share(join(users, name), join(home, name));
  }
  return { VAGRANT_HOME: home, VAGRANT_DOTFILE_PATH: join(folder, 'vagrant') };
}

async function share(from: string, to: string): Promise<void> {
  if (!existsSync(to)) await symlink(from, to);
}
