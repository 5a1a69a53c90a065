import type { HealthCheck } from '../options.js';
import type { Backend } from './balancer.js';

export interface NginxConfig {
  readonly host: string;
  readonly port: number;
  /** Path of the socket of its status page. */
  readonly socket: string;
  /** Folder of what it writes beside its logs. */
  readonly room: string;
  /** The log of requests: a line for each, by which instances are told apart. */
  readonly requests: string;
  readonly backends: readonly Backend[];
  /** Names of those that get nothing. */
  readonly drained: ReadonlySet<string>;
  readonly healthCheck: HealthCheck;
}

/**
 * nginx as people have it in front of such a service: it takes requests apart, passes each on by round robin over connections
 * that it keeps, and takes an instance out for two seconds after two failures. Without nginx Plus there are no checks
 * but that. With `http` a request without an answer within a second is such a failure, and is tried elsewhere; with `tcp` what
 * nginx does unless told otherwise is left: an answer may take a minute, so that nothing but a connect fails.
 */
export function nginxConfig(config: NginxConfig): string {
  const { host, port, socket, room, requests, backends, drained, healthCheck } = config;
  const servers = backends.map(({ name, host: at, port: on }) => {
    const more = drained.has(name) ? ' down' : ' max_fails=2 fail_timeout=2s';
    return `    server ${at}:${on}${more};`;
  });
  const folder = (name: string): string => `  ${name}_temp_path "${room}/${name}";`;
  return [
    'daemon off;',
    'worker_processes 2;',
    // A reload ends what the workers before it still hold.
    'worker_shutdown_timeout 1s;',
    `pid "${room}/nginx.pid";`,
    'error_log stderr warn;',
    'events { worker_connections 8192; }',
    'http {',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(folder),
    "  log_format lab '$upstream_addr|$upstream_status|$upstream_connect_time|$upstream_bytes_received';",
    `  access_log "${requests}" lab;`,
    '  upstream service {',
    // Shared by the workers, as their counts of failures are else.
    '    zone service 64k;',
    ...servers,
    '    keepalive 512;',
    '  }',
    '  server {',
    `    listen ${host}:${port} backlog=4096;`,
    '    keepalive_requests 1000000;',
    '    location / {',
    '      proxy_pass http://service;',
    '      proxy_http_version 1.1;',
    '      proxy_set_header Connection "";',
    '      proxy_connect_timeout 2s;',
    ...(healthCheck === 'http' ? ['      proxy_read_timeout 1s;'] : []),
    '    }',
    '  }',
    '  server {',
    `    listen "unix:${socket}";`,
    '    access_log off;',
    '    location = /status { stub_status; }',
    '  }',
    '}',
    '',
  ].join('\n');
}
