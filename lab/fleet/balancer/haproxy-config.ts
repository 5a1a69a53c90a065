import type { HealthCheck } from '../options.js';
import type { Backend } from './balancer.js';

/** The backend that requests go to, and the one that is only asked how its servers are. */
export const serving = 'service';
export const watching = 'watched';

export interface HaproxyConfig {
  readonly host: string;
  readonly port: number;
  /** Path of the administrator's socket. */
  readonly socket: string;
  readonly backends: readonly Backend[];
  readonly healthCheck: HealthCheck;
  readonly path: string;
}

/**
 * A configuration as people have it in front of such a service: connections passed on as they are, round robin,
 * checks twice a second, and connections to an instance that was found bad are ended. There is no limit for an instance:
 * what waits behind one in HAProxy's queue falls upon the first instance that comes back. The backend `watched` has the same servers with the other
 * kind of check, so that both opinions can be seen of every instance.
 */
export function haproxyConfig({ host, port, socket, backends, healthCheck, path }: HaproxyConfig): string {
  const servers = (options: string): string[] =>
    backends.map(({ name, host: at, port: on }) => `  server ${name} ${at}:${on} check${options}`);
  const checkOf = (kind: HealthCheck): string[] => (kind === 'http' ? [`  option httpchk GET ${path}`] : []);
  const other: HealthCheck = healthCheck === 'http' ? 'tcp' : 'http';
  return [
    'global',
    // How many connections it takes in all follows from its limit of open files.
    `  stats socket ${socket} mode 600 level admin`,
    'defaults',
    '  mode tcp',
    // The bytes of connections that stand count as they come, not when they end.
    '  option contstats',
    '  option redispatch',
    '  retries 2',
    '  timeout connect 2s',
    '  timeout client 30s',
    '  timeout server 30s',
    '  timeout check 1s',
    '  default-server inter 500ms fall 2 rise 2',
    'frontend clients',
    `  bind ${host}:${port}`,
    `  default_backend ${serving}`,
    `backend ${serving}`,
    '  balance roundrobin',
    ...checkOf(healthCheck),
    ...servers(' on-marked-down shutdown-sessions'),
    `backend ${watching}`,
    ...checkOf(other),
    ...servers(''),
    '',
  ].join('\n');
}
