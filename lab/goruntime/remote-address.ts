import type { CoreMemory } from '../core/memory.js';
import { type EvaluateGlobal, structIfAny } from './fields.js';

/** Where a connection of package net keeps the addresses of its ends, in this binary. */
export interface ConnectionLayout {
  /** `laddr` and `raddr` of `net.netFD`, interfaces. */
  readonly local: number;
  readonly remote: number;
  readonly ip: number;
  readonly port: number;
  /** `conn` of `net/http.persistConn`, an interface; absent in programs that are no such client. */
  readonly ofClient: number | undefined;
}

/** `undefined` when the program has no connections over TCP, or they are laid out in an unknown way. */
export async function readConnectionLayout(
  evaluate: EvaluateGlobal,
  at: number,
  signal: AbortSignal,
): Promise<ConnectionLayout | undefined> {
  const offsets = (type: string) => structIfAny(type, at, evaluate, signal);
  const [fd, address, client] = await Promise.all([
    offsets('net.netFD'),
    offsets('net.TCPAddr'),
    offsets('net/http.persistConn'),
  ]);
  const [local, remote] = [fd.get('laddr'), fd.get('raddr')];
  const ip = address.get('IP');
  const port = address.get('Port');
  if (local === undefined || remote === undefined || ip === undefined || port === undefined) return undefined;
  return { local, remote, ip, port, ofClient: client.get('conn') };
}

/**
 * The other end of the first connection that some words of a stack lead to, as `10.2.0.7:5432`: a `net.netFD`, or one
 * that a connection of an HTTP client has, inside of TLS or not.
 */
export function remoteOf(
  memory: CoreMemory,
  layout: ConnectionLayout,
  words: Iterable<number>,
): string | undefined {
  for (const word of words) {
    const direct = remoteAt(memory, layout, word);
    if (direct !== undefined) return direct;
    if (layout.ofClient === undefined) continue;
    // An interface is two words, the second of which points at a `net.TCPConn` or a `tls.Conn`, which begins with one.
    const conn = memory.u64(word + layout.ofClient + 8) ?? 0;
    for (const holder of [conn, memory.u64(conn + 8) ?? 0]) {
      const found = remoteAt(memory, layout, memory.u64(holder) ?? 0);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The end of a connection here, and the other one, as `10.2.0.7:5432`. */
export interface ConnectionEnds {
  readonly local: string;
  readonly remote: string;
}

/** Both ends of what an interface has: a `net.TCPConn`, or what begins with another connection, as a `tls.Conn` does. */
export const endsHeldBy = (
  memory: CoreMemory,
  layout: ConnectionLayout,
  conn: number,
): ConnectionEnds | undefined =>
  connectionAt(memory, layout, memory.u64(conn) ?? 0) ??
  connectionAt(memory, layout, memory.u64(memory.u64(conn + 8) ?? 0) ?? 0);

/** Both ends of what may be a `net.netFD`, as `10.2.0.7:5432`; `undefined` when it is none, or has no other end. */
export function connectionAt(
  memory: CoreMemory,
  layout: ConnectionLayout,
  fd: number,
): ConnectionEnds | undefined {
  const remote = remoteAt(memory, layout, fd);
  const local = addressIn(memory, layout, fd + layout.local);
  return remote === undefined || local === undefined ? undefined : { local, remote };
}

function remoteAt(memory: CoreMemory, layout: ConnectionLayout, fd: number): string | undefined {
  return fd < 4096 ? undefined : addressIn(memory, layout, fd + layout.remote);
}

/** Of an interface with a `net.TCPAddr`. */
function addressIn(memory: CoreMemory, { ip, port }: ConnectionLayout, at: number): string | undefined {
  if ((memory.u64(at) ?? 0) === 0) return undefined;
  const address = memory.u64(at + 8) ?? 0;
  if (address < 4096) return undefined;
  const length = memory.u64(address + ip + 8);
  const number = memory.u64(address + port);
  if ((length !== 4 && length !== 16) || number === undefined || number < 1 || number > 65_535)
    return undefined;
  const bytes = memory.bytes(memory.u64(address + ip) ?? 0, length);
  return bytes === undefined ? undefined : `${ipText(Uint8Array.from(bytes))}:${number}`;
}

/** As Go writes it: four bytes of an address of IPv6 may be one of IPv4. */
function ipText(bytes: Uint8Array): string {
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 255;
  if (bytes.length === 4 || mapped) return [...bytes.slice(-4)].join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return `[${new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)}]`;
}
