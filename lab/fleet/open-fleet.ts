import { join } from 'node:path';
import type { Scenario } from '../scenarios/scenario.js';
import type { Target } from '../targets/target.js';
import type { Tool } from '../toolchain/locate.js';
import { parseGoVersion } from '../toolchain/versions.js';
import type { RunningBalancer } from './balancer/balancer.js';
import { balancers } from './balancer/index.js';
import type { FleetHost, FleetHosts } from './fleet-host.js';
import { freePort } from './free-port.js';
import { type Instance, type OpenInstance, openInstance } from './instance.js';
import type { FleetOptions } from './options.js';

/** Instances that answer, and the balancer before them, which has found each of them well. Disposing ends all of it. */
export interface RunningFleet extends AsyncDisposable {
  readonly instances: readonly Instance[];
  readonly balancer: RunningBalancer;
}

export interface OpenFleet {
  readonly options: FleetOptions;
  /** The balancer's: this machine, with processes that end with the lab. */
  readonly target: Target;
  readonly tool: Tool;
  /** The instances'. */
  readonly hosts: FleetHosts;
  readonly server: Pick<Scenario['server'], 'path' | 'siblings' | 'http2'>;
  /** Of the balancer; 0: any free one. */
  readonly port: number;
  readonly probeTimeoutMs: number;
  /** The run's folder; each instance gets one in it. */
  readonly dir: string;
}

/**
 * An instance sees more processors than it gets, as in a container on a large machine: a balancer, the load and several
 * instances share this one, and each would else have too little of a crowd at its door. Least of all comes of a balancer that takes
 * requests out of their connections.
 */
const manyProcessors = { connections: { GOMAXPROCS: '16' }, requests: { GOMAXPROCS: '64' } };

/** Starts the whole fleet. What was started is gone when it throws. */
export async function openFleet(asked: OpenFleet, signal: AbortSignal): Promise<RunningFleet> {
  const { options, target, dir } = asked;
  const opened: AsyncDisposable[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(opened.map((one) => one[Symbol.asyncDispose]()));
  };
  try {
    const places = asked.hosts.each;
    const begun = await Promise.allSettled(
      instancesOf(asked, places, await portsOf(asked, places)).map((one) => openInstance(one, signal)),
    );
    const instances = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    opened.push(...instances);
    const failed = begun.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const balancer = await balancers[options.balancer].start(
      {
        ...{ target, tool: asked.tool, path: asked.server.path, port: asked.port, dir },
        backends: instances.map(({ backend }) => backend),
        ...{ healthCheck: options.healthCheck, http2: speakHttp2(asked) },
      },
      signal,
    );
    opened.push(balancer);
    return { instances, balancer, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Who has to be known before it runs gets its port before it runs; anybody else chooses. */
async function portsOf({ server }: OpenFleet, places: readonly FleetHost[]): Promise<readonly number[]> {
  const ports: number[] = [];
  for (const { target } of places) ports.push(server.siblings ? await freePort(target.listenHost) : 0);
  return ports;
}

/** The first that can serve HTTP/2 without TLS. */
const http2SinceMinor = 24;

/** Whether the balancer would speak HTTP/2 to its instances, and each of them can. */
function speakHttp2({ options, server, hosts }: OpenFleet): boolean {
  return (
    balancers[options.balancer].speaksHttp2 === true &&
    server.http2 === true &&
    hosts.each.every(({ goVersion }) => (parseGoVersion(goVersion)?.minor ?? 0) >= http2SinceMinor)
  );
}

function instancesOf(
  asked: OpenFleet,
  places: readonly FleetHost[],
  ports: readonly number[],
): readonly OpenInstance[] {
  const { options, server, probeTimeoutMs, dir } = asked;
  const { path } = server;
  const nameOf = (i: number): string => `i${i + 1}`;
  const siblingsOf = (own: number): string[] =>
    places.flatMap(({ target }, i) =>
      i === own || ports[i] === 0 ? [] : [`-sibling=${nameOf(i)}=http://${target.listenHost}:${ports[i]}`],
    );
  return places.map((host, i) => ({
    ...{ name: nameOf(i), dir: join(dir, nameOf(i)), host, path, probeTimeoutMs },
    ...{ port: ports[i] ?? 0, flags: [...siblingsOf(i), ...(speakHttp2(asked) ? ['-http2'] : [])] },
    env: manyProcessors[balancers[options.balancer].passesOn],
  }));
}
