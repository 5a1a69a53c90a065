import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { balancerChoices } from '../../lab/choices.js';
import { poll } from '../../lab/deadline.js';
import type { Backend, BackendView, RunningBalancer } from '../../lab/fleet/balancer/balancer.js';
import { balancers, findBalancer } from '../../lab/fleet/balancer/index.js';
import { leashed } from '../../lab/fleet/leash.js';
import { localTarget } from '../../lab/targets/local.js';
import type { Tool } from '../../lab/toolchain/locate.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

/** A server that answers with its name, and takes connections without an answer while it is silent. */
async function openServer(name: string) {
  const held = new Set<ServerResponse>();
  let silent = false;
  const server = createServer((_, response) => {
    if (silent) held.add(response);
    else response.end(name);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const backend: Backend = { name, host: '127.0.0.1', port };
  return {
    backend,
    setSilent(now: boolean) {
      silent = now;
      if (!now) for (const response of held) response.end(name);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

for (const name of balancerChoices) {
  const balancer = balancers[name];
  describe(`behind ${name}`, function () {
    this.timeout(60_000);
    let tool: Tool;

    before(async function () {
      const found = await findBalancer(localTarget(), name, signal).catch(() => undefined);
      if (found === undefined) return this.skip(); // it is not installed
      tool = found;
    });

    /** Who answers a request, on a connection of its own. */
    const ask = async ({ origin }: RunningBalancer): Promise<string> => {
      const headers = { connection: 'close' };
      const limit = AbortSignal.timeout(5_000);
      return await fetch(origin, { headers, signal: limit }).then(
        async (response) => (response.ok ? await response.text() : `status ${response.status}`),
        () => 'nobody',
      );
    };

    const until = async (running: RunningBalancer, holds: (first: BackendView) => boolean): Promise<void> => {
      let last: BackendView | undefined;
      const done = await poll(
        async () => {
          void ask(running);
          last = (await running.look(signal))?.backends[0];
          return last !== undefined && holds(last) ? true : undefined;
        },
        { signal, deadlineMs: 20_000, everyMs: 50 },
      );
      expect(done, JSON.stringify(last)).to.equal(true);
    };

    it('a silent instance is found, taken out by hand without a request lost, and sent requests again', async () => {
      await using folder = await tempFolder();
      await using i1 = await openServer('i1');
      await using i2 = await openServer('i2');
      const backends = [i1.backend, i2.backend];
      const asked = { backends, healthCheck: 'http', path: '/', port: 0, dir: folder.path } as const;
      await using running = await balancer.start(
        { ...asked, target: await leashed(localTarget()), tool },
        signal,
      );
      await until(running, ({ service }) => service === 'up');
      i1.setSilent(true);
      await until(running, ({ service, checks }) => service === 'down' && checks.http?.up === false);
      expect((await running.look(signal))?.backends[0]?.checks.tcp?.up, 'a connection is taken').to.equal(
        true,
      );

      await running.drain('i1', signal);
      // HAProxy goes on saying that it is down.
      expect((await running.look(signal))?.backends[0]?.service).to.be.oneOf(['drained', 'down']);
      const while1IsOut = await Promise.all(Array.from({ length: 20 }, () => ask(running)));
      expect(new Set(while1IsOut)).to.deep.equal(new Set(['i2']));

      i1.setSilent(false);
      await running.readmit('i1', signal);
      await until(running, ({ service }) => service === 'up');
      const back = await poll(async () => ((await ask(running)) === 'i1' ? true : undefined), {
        ...{ signal, deadlineMs: 10_000, everyMs: 20 },
      });
      expect(back).to.equal(true);
      await running[Symbol.asyncDispose]();
      expect(await ask(running), 'nothing of it is left').to.equal('nobody');
    });

    it('a port that is taken is told as such', async () => {
      await using folder = await tempFolder();
      await using i1 = await openServer('i1');
      const { port } = i1.backend;
      const asked = {
        backends: [i1.backend],
        healthCheck: 'http',
        path: '/',
        port,
        dir: folder.path,
      } as const;
      const started = balancer.start({ ...asked, target: await leashed(localTarget()), tool }, signal);
      const error: unknown = await started.then(
        async (running) => await running[Symbol.asyncDispose](),
        (thrown: unknown) => thrown,
      );
      expect(error).to.include({ code: 'port-taken' });
    });

    if (balancer.speaksHttp2 !== true) return;

    it('what speaks HTTP/2 only is asked over HTTP/2', async () => {
      await using folder = await tempFolder();
      const server = createHttp2Server((request, response) => response.end(`over ${request.httpVersion}`));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      await using _server = { [Symbol.asyncDispose]: async () => void server.close() };
      const { port } = server.address() as AddressInfo;
      const backends = [{ name: 'i1', host: '127.0.0.1', port }];
      const asked = { backends, healthCheck: 'http', path: '/', port: 0, dir: folder.path } as const;
      const target = await leashed(localTarget());
      await using running = await balancer.start({ ...asked, http2: true, target, tool }, signal);
      expect(await ask(running)).to.equal('over 2.0');
    });
  });
}
