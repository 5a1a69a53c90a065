import { readFile } from 'node:fs/promises';

/**
 * The share of its ports that an address is used for. A closed port stays taken for a minute, and the kernel looks
 * for a free one by trying them in turn: where a quarter is taken, a connection takes milliseconds of its time.
 */
const usableShare = 0.1;

/** Connections that one source address of the loopback interface is trusted with. */
export async function connectionsPerSource(): Promise<number> {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
  const [first = 32_768, last = 60_999] = range.trim().split(/\s+/).filter(Boolean).map(Number);
  return Math.max(1, Math.floor((last - first + 1) * usableShare));
}

/**
 * The n-th source address: 127.0.0.1, 127.0.0.2, ... The server keeps the pair of address and port of each
 * client that went as long as its handler is stuck, so that no pair can serve twice.
 */
export function sourceAddress(n: number): string {
  const number = n + 1;
  if (!Number.isInteger(n) || n < 0 || number >= 2 ** 24 - 1) throw new RangeError(`no source address ${n}`);
  return `127.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}
