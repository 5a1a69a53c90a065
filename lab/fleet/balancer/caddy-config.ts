import type { HealthCheck } from '../options.js';
import type { Backend } from './balancer.js';

export interface CaddyConfig {
  readonly host: string;
  readonly port: number;
  /** Path of the socket of its administration. */
  readonly socket: string;
  /** The log of requests: a line of JSON for each. */
  readonly requests: string;
  readonly backends: readonly Backend[];
  /** Names of those that get nothing. */
  readonly drained: ReadonlySet<string>;
  readonly healthCheck: HealthCheck;
  /** Whether it speaks HTTP/2 without TLS to them. */
  readonly http2?: boolean | undefined;
  /** Path that a check over HTTP asks for. */
  readonly path: string;
}

/** The name of a host that requests to its administration have to bear, a socket having none. */
export const socketHost = 'localhost';

/** Header of an answer that says which instance it is of. */
export const instanceHeader = 'X-Instance';

/** Failures that take an instance out for as long as Caddy remembers them. */
export const mostFails = 2;

/**
 * Caddy as people have it in front of such a service: requests by round robin, tried elsewhere within four seconds when one fails.
 * With `http` it asks each instance twice a second, and waits two seconds for an answer; with `tcp` it waits for ever, so that
 * only a connect fails. It has no check that only connects. Where `tcp` decides, it asks over HTTP all the same, and only tells.
 */
export function caddyConfig(config: CaddyConfig): object {
  const { host, port, socket, requests, backends, drained, healthCheck, http2 = false } = config;
  const serving = backends.filter(({ name }) => !drained.has(name));
  const asks = { active: { uri: config.path, interval: '500ms', timeout: '2s' } };
  const proxy = {
    handler: 'reverse_proxy',
    upstreams: serving.map(dial),
    load_balancing: {
      selection_policy: { policy: 'round_robin' },
      try_duration: '4s',
      try_interval: '100ms',
    },
    health_checks: {
      ...(healthCheck === 'http' ? asks : {}),
      passive: { fail_duration: '2s', max_fails: mostFails },
    },
    transport: { protocol: 'http', ...(http2 ? { versions: ['h2c', '2'] } : http1Transport(healthCheck)) },
    headers: { response: { set: { [instanceHeader]: ['{http.reverse_proxy.upstream.hostport}'] } } },
  };
  const watching = { handler: 'reverse_proxy', upstreams: backends.map(dial), health_checks: asks };
  const clients = {
    ...{ listen: [`${host}:${port}`], automatic_https: { disable: true }, protocols: ['h1'] },
    // What only asks has to be on some client's way: on that of a name that nobody has.
    routes: [
      ...(healthCheck === 'tcp' ? [{ match: [{ host: ['watched.invalid'] }], handle: [watching] }] : []),
      { handle: [proxy] },
    ],
    logs: { default_logger_name: 'requests' },
  };
  return {
    admin: { listen: `unix/${socket}`, origins: [socketHost], config: { persist: false } },
    logging: { logs: logsTo(requests) },
    apps: {
      http: {
        // What it still holds when it begins anew is ended after so long.
        grace_period: '1s',
        servers: { clients },
      },
    },
  };
}

/** Over HTTP/2 without TLS Caddy knows none of these. */
const http1Transport = (healthCheck: HealthCheck): object => ({
  ...{ dial_timeout: '2s', keep_alive: { max_idle_conns_per_host: 512 } },
  ...(healthCheck === 'http' ? { response_header_timeout: '2s' } : {}),
});

const dial = ({ host, port }: Backend): object => ({ dial: `${host}:${port}` });

function logsTo(requests: string): object {
  const gone = ['request', 'user_id', 'logger', 'level', 'msg', 'resp_headers>Date', 'resp_headers>Server'];
  const fields = Object.fromEntries(gone.map((name) => [name, { filter: 'delete' }]));
  return {
    default: { level: 'INFO', encoder: { format: 'json' }, exclude: ['http.log.access', 'admin'] },
    requests: {
      writer: { output: 'file', filename: requests, roll: false },
      encoder: { format: 'filter', wrap: { format: 'json' }, fields },
      include: ['http.log.access.requests'],
    },
  };
}
