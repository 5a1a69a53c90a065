import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { epochMs } from '../clock.js';
import { type RunningServer, startServer } from '../server/start.js';
import { recordSeries } from '../store/recorder.js';
import type { Target } from '../targets/target.js';
import type { Backend, BackendView } from './balancer/balancer.js';
import type { FleetHost } from './fleet-host.js';
import { type Opinion, stateOf } from './state.js';
import { type InstanceWatch, watchInstance } from './watch-instance.js';

/** One instance of the service, as long as its fleet lives; disposing it ends it. */
export interface Instance extends AsyncDisposable {
  readonly name: string;
  /** Its folder in that of the run: series, logs, the core with its executable. */
  readonly dir: string;
  /** Its folder on its host, `dir` on this machine. */
  readonly folder: string;
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

/** A host over SSH that does not tell for so long, milliseconds, may be gone. */
const heardWithinMs = 4_000;

export interface OpenInstance {
  readonly name: string;
  readonly dir: string;
  readonly host: FleetHost;
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
  const folder = host.folder === undefined ? dir : join(host.folder, name);
  await host.target.exec(['mkdir', '-p', '--mode=0700', '--', folder], { signal });
  const logs: string[] = [];
  const series = recordSeries((file) => join(dir, file));
  let starts = 0;
  let restarting = false;
  const start = async (ports: {
    readonly server: number;
    readonly pprof: number;
  }): Promise<RunningServer> => {
    starts += 1;
    // The log of the start before would be read as what this one says of its ports.
    const log = starts === 1 ? 'server.log' : `server.${starts}.log`;
    const logFile = join(folder, log);
    logs.push(log);
    const { path, env, flags } = options;
    const { exe } = host;
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
    ...{ name, dir, folder, host },
    backend: { name, host: host.target.listenHost, port: ports.server },
    server: () => server,
    watch: () => watched,
    opinion: (backend) =>
      stateOf({
        act: restarting ? 'restarting' : undefined,
        judgement: restarting ? undefined : watched.judgement(),
        probes: watched.probes(),
        backend,
        heard: (watched.stats().at(-1)?.at ?? 0) > epochMs() - heardWithinMs,
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
      if (folder !== dir) await bringHome(host.target, logs, { from: folder, to: dir });
    },
  };
}

/** Milliseconds, for all of them. */
const homeWithinMs = 10_000;

/** What a host that is gone has written stays there. */
async function bringHome(
  target: Target,
  names: readonly string[],
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const signal = AbortSignal.timeout(homeWithinMs);
  for (const name of names) {
    await target.download(join(from, name), join(to, name), { signal }).catch(() => {});
  }
}
