import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { Server } from 'node:net';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { openClients } from '../../lab/stampede/clients.js';
import type { ClientsOptions } from '../../lab/stampede/clients-wire.js';
import { rejectsWith } from '../rejects.js';

const { signal } = new AbortController();

/** A real server that counts its requests and their sources, and answers all or none of them. */
async function serve(protocol: 'http1' | 'http2', answers: boolean) {
  let requests = 0;
  let open = 0;
  const sources = new Set<string>();
  const server: Server =
    protocol === 'http1'
      ? createServer((_, response) => {
          requests += 1;
          if (answers) response.end('ok\n');
        })
      : createHttp2Server((_, response) => {
          requests += 1;
          if (answers) response.end('ok\n');
        });
  server.on('connection', (socket) => {
    open += 1;
    sources.add(socket.remoteAddress ?? '');
    socket.on('close', () => {
      open -= 1;
    });
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/some?where`,
    requests: () => requests,
    open: () => open,
    sources,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

function options(
  url: string,
  protocol: 'http1' | 'http2',
  more: Partial<ClientsOptions> = {},
): ClientsOptions {
  return { url, protocol, clients: 20, patienceMs: 30, perSource: 1_000, ...more };
}

describe('the clients of a stampede', () => {
  for (const protocol of ['http1', 'http2'] as const) {
    it(`send exactly as many requests as they were told over ${protocol}, and leave without an answer`, async () => {
      await using server = await serve(protocol, false);
      await using clients = openClients(options(server.url, protocol));
      const seen = await clients.send(70, signal);
      expect(seen).to.include({ sent: 70, answered: 0, givenUp: 70, failed: 0, idle: true });
      expect(server.requests()).to.equal(70);
      await clients.send(5, signal);
      expect(server.requests()).to.equal(75);
      const left = await poll(() => (server.open() === 0 ? true : undefined), {
        ...{ signal, deadlineMs: 5_000, everyMs: 10 },
      });
      expect(left, `${server.open()} connections are still open`).to.equal(true);
    });

    it(`count the answers over ${protocol}, and do not wait any longer than for them`, async () => {
      await using server = await serve(protocol, true);
      await using clients = openClients(options(server.url, protocol, { patienceMs: 20_000 }));
      const seen = await clients.send(50, signal);
      expect(seen).to.include({ sent: 50, answered: 50, givenUp: 0 });
    });
  }

  it('change the source address once one has had its share of connections', async () => {
    await using server = await serve('http1', false);
    await using clients = openClients(options(server.url, 'http1', { perSource: 10 }));
    await clients.send(25, signal);
    expect([...server.sources].sort()).to.deep.equal(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  });

  it('say so when nobody listens', async () => {
    const gone = await serve('http1', false);
    await gone[Symbol.asyncDispose]();
    await using clients = openClients({ ...options(gone.url, 'http1'), stuckMs: 500 });
    const error = await rejectsWith('undecided', clients.send(3, signal));
    expect(error.message).to.match(/no client got a request to the server: .*ECONNREFUSED/);
  });

  it('are gone when they are disposed, and when the signal aborts the wait for them', async () => {
    await using server = await serve('http1', false);
    const clients = openClients(options(server.url, 'http1', { patienceMs: 20_000 }));
    const abort = new AbortController();
    const sending = rejectsWith('interrupted', clients.send(20, abort.signal));
    await poll(() => (server.requests() === 20 ? true : undefined), {
      signal,
      deadlineMs: 10_000,
      everyMs: 10,
    });
    abort.abort();
    await sending;
    await clients[Symbol.asyncDispose]();
    expect(existsSync(`/proc/${clients.pid}`)).to.equal(false);
    expect(server.requests()).to.equal(20);
  });
});
