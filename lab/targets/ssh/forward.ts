import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Client, ClientChannel } from 'ssh2';
import { LabError, messageOf } from '../../errors.js';
import type { Endpoint } from '../target.js';
import { answered, type Link } from './link.js';

/** Ports of the target that are reachable on loopback of this machine. */
export interface Forwards extends AsyncDisposable {
  reach(port: number, signal: AbortSignal): Promise<Endpoint>;
}

/** SSH's reason for a channel that may not be opened (RFC 4254, section 5.1). */
const prohibited = 1;
const backlog = 4096;

/**
 * Forwards over a connection of its own: a thousand loaded connections would make commands and probes wait that share
 * one with them. A connection that is lost takes its sockets with it; the next one that comes makes a new connection.
 */
export function forwards(link: Link): Forwards {
  const open = new Map<
    number,
    Promise<{ readonly endpoint: Endpoint; readonly close: () => Promise<void> }>
  >();
  const closed = new AbortController();
  return {
    async reach(port, signal) {
      let forward = open.get(port);
      if (forward === undefined) {
        const { host } = link.how;
        const current = await link.connection(signal);
        // A server that does not listen yet is fine; one that forwards nothing is not.
        const asked = await answered<ClientChannel | undefined>(
          link.how,
          current,
          `forwarding port ${port}`,
          signal,
          (done) =>
            current.client.forwardOut('127.0.0.1', 0, '127.0.0.1', port, (error, channel) => {
              if (isProhibited(error)) done(error, undefined);
              else done(undefined, error === undefined ? channel : undefined);
            }),
        ).catch((error: unknown) => {
          if (error instanceof LabError) throw error;
          throw new LabError(`${host.name} forwards no ports: ${messageOf(error)}`, {
            code: 'target',
            hint: 'set AllowTcpForwarding yes in its sshd_config',
            cause: error,
            details: { reason: 'forwarding' },
          });
        });
        // Somebody else may have asked meanwhile.
        forward = open.get(port);
        if (forward === undefined) {
          forward = listen(link, port, spare(asked), closed.signal);
          open.set(port, forward);
        } else asked?.destroy();
      }
      return (await forward).endpoint;
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      for (const forward of open.values()) await (await forward).close();
      await link[Symbol.asyncDispose]();
    },
  };
}

/** Milliseconds until the connection that only asked is given up when nobody came for it. */
const spareMs = 5_000;

/**
 * The connection that was made to see whether the port is forwarded. Whoever comes first gets it: there are servers,
 * like Delve's, that serve one client and end with it.
 */
function spare(channel: ClientChannel | undefined): () => ClientChannel | undefined {
  if (channel === undefined) return () => undefined;
  let left: ClientChannel | undefined = channel;
  const late = setTimeout(() => take()?.destroy(), spareMs).unref();
  const take = (): ClientChannel | undefined => {
    clearTimeout(late);
    const taken = left;
    left = undefined;
    return taken;
  };
  channel.on('error', () => undefined).once('close', take);
  return take;
}

function isProhibited(error: unknown): error is Error {
  return error instanceof Error && 'reason' in error && error.reason === prohibited;
}

async function listen(
  link: Link,
  port: number,
  first: () => ClientChannel | undefined,
  closed: AbortSignal,
): Promise<{ readonly endpoint: Endpoint; readonly close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  let client: Client | undefined;
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const asked = first();
    if (asked !== undefined) {
      join(asked, socket);
      return;
    }
    if (client !== undefined) {
      relay(client, socket, port);
      return;
    }
    link.connection(closed).then(
      (connection) => {
        client = connection.client;
        void connection.closed.then(() => {
          client = undefined;
        });
        relay(connection.client, socket, port);
      },
      () => socket.destroy(),
    );
  };
  const server: Server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, serve);
  server.listen({ host: '127.0.0.1', port: 0, backlog });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new LabError('a forwarded port has no address', { code: 'internal' });
  }
  return {
    endpoint: { host: '127.0.0.1', port: address.port },
    async close() {
      const gone = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await gone;
    },
  };
}

function relay(client: Client, socket: Socket, port: number): void {
  // Who was turned away there is turned away here, rather than served nothing.
  const turnAway = (): void => void socket.resetAndDestroy();
  try {
    client.forwardOut('127.0.0.1', socket.remotePort ?? 0, '127.0.0.1', port, (error, channel) => {
      if (error !== undefined || socket.destroyed) {
        channel?.destroy();
        return turnAway();
      }
      join(channel, socket);
    });
  } catch {
    turnAway();
  }
}

function join(channel: ClientChannel, socket: Socket): void {
  channel.on('error', () => void socket.resetAndDestroy());
  channel.once('close', () => socket.destroySoon());
  socket.once('close', () => channel.destroy());
  channel.pipe(socket);
  socket.pipe(channel);
  socket.resume();
}
