import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteWord } from '../quote-word.js';
import { vagrantFolder } from './place.js';
import { hostRuns, stopHost } from './private-host.js';

/** VMs that earlier commands left on this machine. */
export interface LeftVm {
  /** For a person. */
  readonly name: string;
  /** Ends it for good; absent where that is for a person to do. */
  readonly end?: () => Promise<void>;
  /** What a person types to end it. */
  readonly command?: string;
}

/** Looks for a private libvirt host with its machines, and for machines that Vagrant knows in the project. */
export async function leftVms(): Promise<readonly LeftVm[]> {
  const left: LeftVm[] = [];
  if (await hostRuns()) left.push({ name: 'the VM of the lab’s own libvirt', end: stopHost });
  const machines = join(vagrantFolder, '.vagrant', 'machines');
  for (const name of await readdir(machines).catch(() => [])) {
    const ids = await readdir(join(machines, name), { recursive: true }).catch(() => []);
    if (!ids.some((file) => /(^|\/)id$/.test(file))) continue;
    left.push({ name, command: `cd ${quoteWord(vagrantFolder)} && vagrant destroy ${name}` });
  }
  return left;
}
