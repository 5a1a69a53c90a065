import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { LabError } from '../../errors.js';

/** Where a room listens, and by which names it may be asked. */
export interface Bound {
  /** An IP address. */
  readonly address: string;
  readonly isLoopback: boolean;
  /** Host names and addresses, the one that links name first. */
  readonly names: readonly string[];
}

/** Understands `--bind`. Throws `usage` for what is no address of this machine. */
export function boundTo(address: string, interfaces = networkInterfaces()): Bound {
  const own = Object.values(interfaces).flatMap((all) => all ?? []);
  const isAny = address === '0.0.0.0' || address === '::';
  const known = own.some((one) => one.address === address);
  if (isIP(address) === 0 || !(isAny || known || isLoopbackAddress(address))) {
    const others = own.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
    throw new LabError(`${address} is no address of this machine`, {
      code: 'usage',
      hint: `choose one of: ${['127.0.0.1', ...others.map((one) => one.address), '0.0.0.0'].join(', ')}`,
    });
  }
  if (isLoopbackAddress(address)) {
    return { address, isLoopback: true, names: [...new Set([address, '127.0.0.1', 'localhost'])] };
  }
  const reachable = own
    .filter(({ internal, family }) => !internal && (address === '::' || family === 'IPv4'))
    .map((one) => one.address)
    .filter((one) => !one.startsWith('fe80:'));
  const first = isAny ? reachable : [address];
  return {
    ...{ address, isLoopback: false },
    names: [...new Set([...first, hostname().toLowerCase(), '127.0.0.1', 'localhost'])],
  };
}

const isLoopbackAddress = (address: string): boolean => /^127\./.test(address) || address === '::1';

/** As it stands in a URL. */
export const urlHost = (name: string): string => (isIP(name) === 6 ? `[${name}]` : name);
