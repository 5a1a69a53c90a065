import { readFile } from 'node:fs/promises';
import type { Backend } from './balancer.js';

/**
 * Connections of this network namespace that stand to each of those addresses (IPv4), by `host:port`, as the kernel lists
 * them: of a balancer that does not tell how many it holds to each instance. A probe or two are among them.
 */
export async function connectionsTo(backends: readonly Backend[]): Promise<ReadonlyMap<string, number>> {
  const text = await readFile('/proc/net/tcp', 'latin1').catch(() => '');
  const counts = new Map(backends.map(({ host, port }) => [wire(host, port), 0]));
  for (const line of text.split('\n')) {
    // sl local_address rem_address st ...; 01 is ESTABLISHED.
    const [, , remote = '', state] = line.trim().split(/\s+/, 4);
    const count = state === '01' ? counts.get(remote) : undefined;
    if (count !== undefined) counts.set(remote, count + 1);
  }
  return new Map(backends.map(({ host, port }) => [`${host}:${port}`, counts.get(wire(host, port)) ?? 0]));
}

/** As /proc/net/tcp writes it: the address as a number of this machine's byte order, which is the little one. */
function wire(host: string, port: number): string {
  const hex = (n: number, digits: number): string => n.toString(16).toUpperCase().padStart(digits, '0');
  const address = host
    .split('.')
    .reverse()
    .map((part) => hex(Number(part), 2))
    .join('');
  return `${address}:${hex(port, 4)}`;
}
