import { LabError } from '../errors.js';
import type { Target } from '../targets/target.js';
import type { FleetHost } from './fleet-host.js';
import { openNamespace } from './namespace.js';
import type { Hosts } from './options.js';

/**
 * A place for each instance. `local` is this machine, with processes that end with the lab. Throws `missing-permission`
 * where the user may not make namespaces; what was made is gone then.
 */
export async function openHosts(
  kind: Hosts,
  count: number,
  local: Target,
  signal: AbortSignal,
): Promise<readonly FleetHost[]> {
  if (kind === 'ports') {
    const here = { target: local, text: 'this machine', async [Symbol.asyncDispose]() {} };
    return Array.from({ length: count }, () => here);
  }
  if (process.getuid?.() !== 0) {
    throw new LabError('a network namespace for each instance needs root', {
      code: 'missing-permission',
      hint: 'run the same command as root, or leave --hosts away: each instance gets a port of its own',
    });
  }
  const opened: FleetHost[] = [];
  try {
    for (let i = 0; i < count; i += 1) opened.push(await openNamespace(local, signal));
    return opened;
  } catch (error) {
    await Promise.all(opened.map((host) => host[Symbol.asyncDispose]()));
    throw error;
  }
}
