import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { pause, poll, withDeadline } from '../../deadline.js';
import type { Endpoint, Target } from '../target.js';
import type { ForwardedPort } from './api.js';

export interface ReachOptions {
  /** The machine's name, and what a hosts file may know it by. */
  readonly name: string;
  readonly forwarded: (signal: AbortSignal) => Promise<readonly ForwardedPort[]>;
  readonly ssh: Target;
  /** Milliseconds for each way that is tried. */
  readonly tryMs: number;
}

/**
 * Where a port of the guest is reached from here: by the machine's name, else by a port of loopback that the provider
 * forwards, else through SSH. A way counts only when the guest itself sees the connection: a name may be left from another
 * machine, a forwarded port may belong to another program, and both would answer.
 */
export async function reachGuest(
  port: number,
  options: ReachOptions,
  signal: AbortSignal,
): Promise<Endpoint> {
  const { name, ssh, tryMs } = options;
  const leads = async (way: Endpoint): Promise<boolean> =>
    (await withinTry(tryMs, signal, (within) => leadsToGuest(way, port, ssh, within))) ?? false;
  const known = await withinTry(tryMs, signal, async () => (await lookup(name)).address);
  const byName = { host: name, port };
  if (known !== undefined && (await leads(byName))) return byName;
  // To ask Vagrant takes seconds.
  const forwarded = (await options.forwarded(signal)).find(({ guest }) => guest === port);
  const byPort = forwarded === undefined ? undefined : { host: '127.0.0.1', port: forwarded.host };
  return byPort !== undefined && (await leads(byPort)) ? byPort : await ssh.reach(port, signal);
}

/** Opens a connection and looks for it among those of the guest. */
async function leadsToGuest(
  way: Endpoint,
  port: number,
  guest: Target,
  signal: AbortSignal,
): Promise<boolean> {
  const before = await connectionsAt(port, guest, signal);
  const socket = await connected(way, signal);
  try {
    const seen = async (): Promise<true | undefined> =>
      (await connectionsAt(port, guest, signal)) > before ? true : undefined;
    return (await poll(seen, { signal, deadlineMs: 2_000, everyMs: 100 })) ?? false;
  } finally {
    socket.destroy();
  }
}

function connected({ host, port }: Endpoint, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const stop = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', reject);
    socket.once('connect', () => {
      signal.removeEventListener('abort', stop);
      resolve(socket);
    });
  });
}

/** How many connections the guest's server has at a port, by its own kernel: proc_net_tcp.txt of Linux. */
async function connectionsAt(port: number, guest: Target, signal: AbortSignal): Promise<number> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => guest.readFile(`/proc/net/${name}`, signal)),
  );
  return establishedAt(port, tables.join('\n'));
}

/** Established connections (state 01) with that local port in the text of `/proc/net/tcp`. */
export function establishedAt(port: number, table: string): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').filter((line) => {
    const [, at = '', , state] = line.trim().split(/\s+/);
    return at.endsWith(local) && state === '01';
  }).length;
}

/** What the work returned in time; `undefined` when it failed or took too long. Throws when the caller's signal aborts. */
async function withinTry<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const deadline = withDeadline(signal, ms);
  const done = new AbortController();
  try {
    return await Promise.race([
      work(deadline),
      pause(ms, AbortSignal.any([done.signal, signal])).then(() => undefined),
    ]);
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    done.abort();
  }
}
