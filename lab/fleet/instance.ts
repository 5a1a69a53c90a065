import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningServer, startServer } from '../server/start.js';
import { recordSeries } from '../store/recorder.js';
import type { Backend, BackendView } from './balancer/balancer.js';
import type { FleetHost } from './fleet-host.js';
import { type Opinion, stateOf } from './state.js';
import { type InstanceWatch, watchInstance } from './watch-instance.js';

/** One instance of the service, as long as its fleet lives; disposing it ends it. */
export interface Instance extends AsyncDisposable {
  readonly name: string;
  /** Its folder in that of the run: series, logs, the core with its executable. */
  readonly dir: string;
  readonly host: FleetHost;
  /** For the balancer; the same after a restart. */
  readonly backend: Backend;
  /** The process at this moment. */
  server(): RunningServer;
  watch(): InstanceWatch;
  /** What it is found to be, `backend` being what the balancer says of it. */
  opinion(backend: BackendView | undefined): Opinion;
  /** Ends it at once, as what hangs does not end when it is asked to, and begins it again at the same address. */
  restart(signal: AbortSignal): Promise<void>;
}

export interface OpenInstance {
  readonly name: string;
  readonly dir: string;
  readonly host: FleetHost;
  readonly exe: string;
  /** Path that probes ask for. */
  readonly path: string;
  readonly probeTimeoutMs: number;
  /** 0: any free one. */
  readonly port: number;
  /** Flags beside its addresses. */
  readonly flags: readonly string[];
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Starts an instance and begins to watch it once it has answered. Throws what `startServer` throws. */
export async function openInstance(options: OpenInstance, signal: AbortSignal): Promise<Instance> {
  const { name, dir, host, probeTimeoutMs } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const series = recordSeries((file) => join(dir, file));
  let starts = 0;
  let restarting = false;
  const start = async (ports: {
    readonly server: number;
    readonly pprof: number;
  }): Promise<RunningServer> => {
    starts += 1;
    // The log of the start before would be read as what this one says of its ports.
    const logFile = join(dir, starts === 1 ? 'server.log' : `server.${starts}.log`);
    const { exe, path, env, flags } = options;
    return await startServer(
      host.target,
      { exe, path, env, flags, logFile, port: ports.server, pprofPort: ports.pprof },
      signal,
    );
  };
  const watch = (running: RunningServer): InstanceWatch =>
    watchInstance({ target: host.target, server: running, probeTimeoutMs }, series.emit, signal);
  let server = await start({ server: options.port, pprof: 0 }).catch(async (error: unknown) => {
    await series[Symbol.asyncDispose]();
    throw error;
  });
  let watched = watch(server);
  const { ports } = server;
  if (ports === undefined) throw new TypeError('a server that was just started says its ports');
  return {
    ...{ name, dir, host },
    backend: { name, host: host.target.listenHost, port: ports.server },
    server: () => server,
    watch: () => watched,
    opinion: (backend) =>
      stateOf({
        act: restarting ? 'restarting' : undefined,
        judgement: restarting ? undefined : watched.judgement(),
        probes: watched.probes(),
        backend,
      }),
    async restart(until) {
      restarting = true;
      await watched[Symbol.asyncDispose]();
      await server.process.kill('SIGKILL');
      await server.process.exited;
      until.throwIfAborted();
      server = await start(ports);
      watched = watch(server);
      restarting = false;
    },
    async [Symbol.asyncDispose]() {
      await watched[Symbol.asyncDispose]();
      await server.process[Symbol.asyncDispose]();
      await series[Symbol.asyncDispose]();
    },
  };
}
