import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, projectRoot } from '../paths.js';
import { providerFacts } from '../targets/vagrant/provider.js';

/** How a virtual machine can live on this machine. */
export type Place =
  /** A hypervisor that is at work already, or one that needs no daemon. */
  | { readonly kind: 'as-is' }
  /** libvirt is installed, but nobody runs it; root can, in namespaces of its own, which end with it. */
  | { readonly kind: 'private' }
  /** libvirt's session mode, with networking in user mode: without root. */
  | { readonly kind: 'user' };

/** Folder of the Vagrantfile. */
export const vagrantFolder = join(projectRoot, 'vagrant');

/** Set for every command inside a private libvirt host; its value is the folder of that host, which ends with it. */
export const insideVariable = 'LAB_HOST_FOLDER';

/** Names the host that outlives the command that started it. */
export const hostStateFile = (): string => join(cacheFolder(), 'vm', 'host');

const systemSockets = ['/run/libvirt/libvirt-sock', '/run/libvirt/virtqemud-sock'];

/** Looks at this machine: which provider would be taken, and does its daemon answer to this user? */
export async function findPlace(signal: AbortSignal): Promise<Place> {
  if (process.env[insideVariable] !== undefined || process.platform !== 'linux') return { kind: 'as-is' };
  const { programs, asked } = await providerFacts({ plugins: [] }, signal);
  const others = ['VBoxManage', 'vmrun', 'prlctl'].some((program) => programs.has(program));
  const libvirt = ['libvirtd', 'virtqemud', 'virsh'].some((program) => programs.has(program));
  const chosen = asked === undefined ? libvirt && !others : asked.name === 'libvirt';
  if (!chosen || process.env['LAB_VM_MODE'] !== undefined) return { kind: 'as-is' };
  const writable = await Promise.all(systemSockets.map(canWrite));
  if (writable.includes(true)) return { kind: 'as-is' };
  return { kind: process.getuid?.() === 0 ? 'private' : 'user' };
}

async function canWrite(path: string): Promise<boolean> {
  return await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}
