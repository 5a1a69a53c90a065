import { join } from 'node:path';
import {
  caddyLoad,
  corednsLoad,
  type Load,
  mochiLoad,
  natsLoad,
  nsqdLoad,
  type Ports,
} from './server-load.js';

/** A public server, built from the module proxy. */
export interface PublicServer {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  readonly package: string;
  /** A line of go.mod that the module itself has: Go takes those of the main module only. */
  readonly replace?: string;
  /** Files that are written into its folder before it starts. */
  files(ports: Ports, folder: string): Readonly<Record<string, string>>;
  args(ports: Ports, folder: string): readonly string[];
  readonly load: Load;
}

const none = () => ({});

export const publicServers: readonly PublicServer[] = [
  {
    name: 'nsqd',
    ...{ module: 'github.com/nsqio/nsq', version: 'v1.3.0', package: 'github.com/nsqio/nsq/apps/nsqd' },
    replace:
      'github.com/judwhite/go-svc => github.com/mreiferson/go-svc v1.2.2-0.20210815184239-7a96e00010f6',
    files: none,
    args: ({ first, second }, folder) => [
      ...[`-tcp-address=127.0.0.1:${first}`, `-http-address=127.0.0.1:${second}`, `-data-path=${folder}`],
    ],
    load: nsqdLoad,
  },
  {
    name: 'nats-server',
    ...{ module: 'github.com/nats-io/nats-server/v2', version: 'v2.15.3' },
    package: 'github.com/nats-io/nats-server/v2',
    files: none,
    args: ({ first, second }, folder) => [
      '-a',
      '127.0.0.1',
      '-p',
      `${first}`,
      '-m',
      `${second}`,
      '-js',
      '-sd',
      folder,
    ],
    load: natsLoad,
  },
  {
    name: 'mochi-mqtt',
    ...{ module: 'github.com/mochi-mqtt/server/v2', version: 'v2.7.9' },
    package: 'github.com/mochi-mqtt/server/v2/cmd',
    files: none,
    args: ({ first, second }) => [
      ...[`-tcp=127.0.0.1:${first}`, `-ws=127.0.0.1:${second}`, '-info=127.0.0.1:0'],
    ],
    load: mochiLoad,
  },
  {
    name: 'caddy',
    ...{ module: 'github.com/caddyserver/caddy/v2', version: 'v2.11.9' },
    package: 'github.com/caddyserver/caddy/v2/cmd/caddy',
    files: caddyFiles,
    args: (_, folder) => ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
    load: caddyLoad,
  },
  {
    name: 'coredns',
    ...{ module: 'github.com/coredns/coredns', version: 'v1.15.0', package: 'github.com/coredns/coredns' },
    files: corednsFiles,
    args: (_, folder) => ['-conf', join(folder, 'Corefile')],
    load: corednsLoad,
  },
];

function caddyFiles({ first, second }: Ports, folder: string) {
  const Caddyfile = `{
  admin 127.0.0.1:${second}
  auto_https off
}
http://127.0.0.1:${first} {
  handle /hello {
    respond "hello"
  }
  handle_path /proxy/* {
    reverse_proxy 127.0.0.1:${first}
  }
  handle {
    root * ${folder}
    encode gzip
    file_server
  }
}
`;
  return { Caddyfile, 'index.html': 'hello\n' };
}

function corednsFiles({ first, second }: Ports) {
  const Corefile = `.:${first} {
  bind 127.0.0.1
  prometheus 127.0.0.1:${second}
  cache 30
  errors
  loop
  reload 10s
  whoami
}
`;
  return { Corefile };
}
