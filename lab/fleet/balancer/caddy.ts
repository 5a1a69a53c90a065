import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { HealthCheck } from '../options.js';
import type { BackendView, Balancer } from './balancer.js';
import { caddyConfig, mostFails } from './caddy-config.js';
import { learnFromAnswer, learnFromCaddy } from './caddy-log.js';
import { askOverSocket } from './http-socket.js';
import { addressOf } from './learned.js';
import { type HttpProxy, startProxy } from './proxy.js';

export const caddy: Balancer = {
  name: 'caddy',
  package: 'caddy',
  passesOn: 'requests',
  speaksHttp2: true,
  looks: () => ({ http: 'asks', tcp: 'asks' }),
  start: async (options, signal) => await startProxy(proxy, options, signal),
};

/** The answer to `GET /reverse_proxy/upstreams`: those that get requests. */
const upstreams = z.array(z.object({ address: z.string(), num_requests: z.number(), fails: z.number() }));

const proxy: HttpProxy = {
  name: 'Caddy',
  configFile: 'caddy.json',
  config: (place) => `${JSON.stringify(caddyConfig(place), null, 2)}\n`,
  argv: (program, { config }) => [program, 'run', '--config', config],
  // What it keeps between two starts is of no use here.
  env: ({ room }) => ({
    HOME: room,
    XDG_DATA_HOME: join(room, 'data'),
    XDG_CONFIG_HOME: join(room, 'config'),
  }),
  async reload({ socket, config }, _process, signal) {
    const body: unknown = JSON.parse(await readFile(config, 'utf8'));
    await askOverSocket({ socket, path: '/load', body }, signal);
  },
  onRequest: learnFromAnswer,
  onLog: learnFromCaddy,
  async look({ socket, backends, drained, healthCheck }, known, signal) {
    const text = await askOverSocket({ socket, path: '/reverse_proxy/upstreams' }, signal);
    const told = new Map(upstreams.parse(JSON.parse(text)).map((one) => [one.address, one]));
    return {
      backends: backends.map((one) => {
        const { num_requests: sessions = 0, fails = 0 } = told.get(addressOf(one)) ?? {};
        const view = known.view(one, { service: undefined, sessions, kinds: ['tcp', 'http'] });
        const service = drained.has(one.name) ? 'drained' : serviceOf(view, fails, healthCheck);
        return { ...view, service };
      }),
    };
  },
};

function serviceOf({ checks }: BackendView, fails: number, healthCheck: HealthCheck): BackendView['service'] {
  const isOut = fails >= mostFails || (healthCheck === 'http' && checks.http?.up === false);
  return isOut ? 'down' : 'up';
}
