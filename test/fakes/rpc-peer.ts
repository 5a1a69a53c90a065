import { createServer, type Socket } from 'node:net';
import { jsonFramer } from '../../lab/delve/framing.js';

export interface PeerRequest {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly id: number;
}

export interface Peer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly requests: readonly PeerRequest[];
}

/** What the peer does with a request: it has the socket and may write what it likes, or nothing. */
export type Script = (request: PeerRequest, socket: Socket) => Promise<void> | void;

/** A real TCP server that plays Delve's part by a script. */
export async function rpcPeer(script: Script): Promise<Peer> {
  const requests: PeerRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const split = jsonFramer();
    let parts: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const { bytes, last } of split(Buffer.from(chunk))) {
        parts.push(bytes);
        if (!last) continue;
        const request: PeerRequest = JSON.parse(Buffer.concat(parts).toString('utf8'));
        parts = [];
        requests.push(request);
        void script(request, socket);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host: '127.0.0.1',
    port: address.port,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function answer(id: number, result: unknown): string {
  return JSON.stringify({ id, result, error: null });
}

/** Writes in chunks of `size` bytes, each flushed on its own. */
export async function writeInChunks(socket: Socket, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += size) {
    await new Promise<void>((resolve) => {
      socket.write(bytes.subarray(at, at + size), () => setImmediate(resolve));
    });
  }
}
