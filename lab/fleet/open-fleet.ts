import { join } from 'node:path';
import type { Target } from '../targets/target.js';
import type { Tool } from '../toolchain/locate.js';
import type { RunningBalancer } from './balancer/balancer.js';
import { balancers } from './balancer/index.js';
import { openHosts } from './hosts.js';
import { type Instance, openInstance } from './instance.js';
import type { FleetOptions } from './options.js';

/** Instances that answer, and the balancer before them, which has found each of them well. Disposing ends all of it. */
export interface RunningFleet extends AsyncDisposable {
  readonly instances: readonly Instance[];
  readonly balancer: RunningBalancer;
}

export interface OpenFleet {
  readonly options: FleetOptions;
  /** This machine, with processes that end with the lab. */
  readonly target: Target;
  readonly tool: Tool;
  readonly exe: string;
  readonly path: string;
  /** Of the balancer; 0: any free one. */
  readonly port: number;
  readonly probeTimeoutMs: number;
  /** The run's folder; each instance gets one in it. */
  readonly dir: string;
}

/**
 * A proxy that passes requests on one by one is done with each later than the instance is, so that an instance never has a
 * crowd at its door. Here it sees more processors than it gets, as in a container on a large machine.
 */
const manyProcessors = '16';

/** Starts the whole fleet. What was started is gone when it throws. */
export async function openFleet(asked: OpenFleet, signal: AbortSignal): Promise<RunningFleet> {
  const { options, target, exe, path, probeTimeoutMs, dir } = asked;
  const opened: AsyncDisposable[] = [];
  const end = async (): Promise<void> => {
    // What was opened first is what the rest lives in.
    await Promise.all(opened.splice(hosts).map((one) => one[Symbol.asyncDispose]()));
    await Promise.all(opened.map((one) => one[Symbol.asyncDispose]()));
  };
  let hosts = 0;
  const env = balancers[options.balancer].passes === 'requests' ? { GOMAXPROCS: manyProcessors } : undefined;
  try {
    const places = await openHosts(options.hosts, options.instances, target, signal);
    opened.push(...places);
    hosts = opened.length;
    const begun = await Promise.allSettled(
      places.map((host, i) => {
        const name = `i${i + 1}`;
        return openInstance({ name, dir: join(dir, name), host, exe, path, probeTimeoutMs, env }, signal);
      }),
    );
    const instances = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    opened.push(...instances);
    const failed = begun.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const balancer = await balancers[options.balancer].start(
      {
        ...{ target, tool: asked.tool, path, port: asked.port, dir },
        backends: instances.map(({ backend }) => backend),
        healthCheck: options.healthCheck,
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
