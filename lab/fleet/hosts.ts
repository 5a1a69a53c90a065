import { LabError } from '../errors.js';
import type { Target } from '../targets/target.js';
import type { FleetHost, FleetHosts } from './fleet-host.js';
import { openNamespace } from './namespace.js';
import type { Hosts } from './options.js';

export interface HostsHere {
  readonly kind: Hosts;
  readonly count: number;
  /** This machine, with processes that end with the lab. */
  readonly local: Target;
  readonly program: Pick<FleetHost, 'exe' | 'goVersion'>;
}

/**
 * A place on this machine for each instance. Throws `missing-permission` where the user may not make namespaces; what was
 * made is gone then.
 */
export async function hostsHere(
  { kind, count, local, program }: HostsHere,
  signal: AbortSignal,
): Promise<FleetHosts> {
  if (kind === 'ports') {
    const here = { target: local, text: 'this machine', ...program, async [Symbol.asyncDispose]() {} };
    return { each: Array.from({ length: count }, () => here), async [Symbol.asyncDispose]() {} };
  }
  if (process.getuid?.() !== 0) {
    throw new LabError('a network namespace for each instance needs root', {
      code: 'missing-permission',
      hint: 'run the same command as root, or leave --hosts away: each instance gets a port of its own',
    });
  }
  const opened: FleetHost[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(opened.map((host) => host[Symbol.asyncDispose]()));
  };
  try {
    for (let i = 0; i < count; i += 1) opened.push({ ...(await openNamespace(local, signal)), ...program });
    return { each: opened, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}
