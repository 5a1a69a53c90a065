import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { epochMs } from '../../clock.js';
import { poll } from '../../deadline.js';
import { LabError } from '../../errors.js';
import { probe } from '../../hang/probe.js';
import type { TargetProcess } from '../../targets/target.js';
import { freePort } from '../free-port.js';
import type { BalancerView, RunningBalancer, StartBalancer } from './balancer.js';
import { type Learned, learned } from './learned.js';
import { didNotStart } from './not-started.js';
import { placeForSocket } from './socket-place.js';
import { tail } from './tail.js';

/** A proxy that is made: where it is, and who gets nothing from it. */
export interface ProxyPlace extends Pick<StartBalancer, 'backends' | 'healthCheck' | 'http2' | 'path'> {
  readonly host: string;
  readonly port: number;
  /** Path of the socket of its administration. */
  readonly socket: string;
  /** Folder of what it writes beside its logs. */
  readonly room: string;
  readonly config: string;
  /** The log of requests. */
  readonly requests: string;
  /** What it prints. */
  readonly logFile: string;
  /** Names of the instances that are taken out by hand. */
  readonly drained: ReadonlySet<string>;
}

/** A balancer that takes requests apart, and tells of its instances in its logs alone. */
export interface HttpProxy {
  /** As people call it. */
  readonly name: string;
  readonly configFile: string;
  config(place: ProxyPlace): string;
  argv(program: string, place: ProxyPlace): readonly string[];
  env?(place: ProxyPlace): Readonly<Record<string, string>>;
  /** What has to end with its process. */
  guard?(process: TargetProcess): AsyncDisposable;
  /** Takes up the configuration that was just written; throws `target` when it does not. */
  reload(place: ProxyPlace, process: TargetProcess, signal: AbortSignal): Promise<void>;
  onRequest(line: string, learned: Learned): void;
  onLog(line: string, learned: Learned): void;
  /** Its statistics now; throws `target` when it does not tell. */
  look(place: ProxyPlace, learned: Learned, signal: AbortSignal): Promise<Omit<BalancerView, 'at'>>;
}

const readyWithinMs = 10_000;

/** Starts a proxy; ready when each instance has answered a request through it. Throws as `Balancer.start` does. */
export async function startProxy(
  proxy: HttpProxy,
  options: StartBalancer,
  signal: AbortSignal,
): Promise<RunningBalancer> {
  const opened: AsyncDisposable[] = [];
  const end = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
  };
  const drained = new Set<string>();
  try {
    const place = await makePlace(proxy, { ...options, drained }, opened);
    const write = async () => await writeFile(place.config, proxy.config(place), { mode: 0o600 });
    await write();
    const { target, tool } = options;
    const process = await target.start(proxy.argv(tool.path, place), {
      ...{ signal, logFile: place.logFile },
      ...(proxy.env === undefined ? {} : { env: proxy.env(place) }),
    });
    opened.push(process);
    if (proxy.guard !== undefined) opened.push(proxy.guard(process));
    const known = learned(options.backends);
    const read = logReader(proxy, place, known, opened);
    const reload = async (until: AbortSignal): Promise<void> => {
      await write();
      await proxy.reload(place, process, until);
      known.forgetComplaints();
    };
    const running: RunningBalancer = {
      ...{ process, exited: process.exited, origin: `http://${place.host}:${place.port}` },
      async look(until) {
        try {
          await read();
          return { at: epochMs(), ...(await proxy.look(place, known, until)) };
        } catch (error) {
          until.throwIfAborted();
          if (error instanceof LabError) return undefined;
          throw error;
        }
      },
      async drain(name, until) {
        drained.add(name);
        await reload(until);
      },
      async readmit(name, until) {
        drained.delete(name);
        await reload(until);
      },
      [Symbol.asyncDispose]: end,
    };
    const isReady = async (): Promise<boolean> => {
      if (process.exit() !== undefined) throw await didNotStart({ ...proxy, ...place, target }, signal);
      await probe({ url: `${running.origin}${options.path}`, timeoutMs: 1_000 }, signal);
      await read();
      return known.allAnswered() && (await running.look(signal)) !== undefined;
    };
    await untilReady(proxy, place, isReady, signal);
    return running;
  } catch (error) {
    await end();
    throw error;
  }
}

async function untilReady(
  { name }: HttpProxy,
  { logFile }: ProxyPlace,
  isReady: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const look = async () => ((await isReady()) ? true : undefined);
  const ready = await poll(look, { signal, deadlineMs: readyWithinMs, everyMs: 20 });
  if (ready !== undefined) return;
  throw new LabError(`${name} had no answer of every instance within ${readyWithinMs / 1_000} s`, {
    code: 'target',
    hint: `read its log: ${logFile}`,
  });
}

async function makePlace(
  proxy: HttpProxy,
  options: StartBalancer & Pick<ProxyPlace, 'drained'>,
  opened: AsyncDisposable[],
): Promise<ProxyPlace> {
  const { target, dir, backends, healthCheck, http2 = false, path, drained } = options;
  const { socket, removeSocket } = await placeForSocket(dir, 'balancer.sock');
  opened.push({ [Symbol.asyncDispose]: removeSocket });
  const room = join(dir, 'balancer');
  await mkdir(room, { recursive: true, mode: 0o700 });
  const host = target.listenHost;
  return {
    ...{ backends, healthCheck, http2, path, drained, host, socket, room },
    port: options.port === 0 ? await freePort(host) : options.port,
    config: join(dir, proxy.configFile),
    requests: join(dir, 'requests.log'),
    logFile: join(dir, 'balancer.log'),
  };
}

/** Reads what both logs have got since. */
function logReader(
  proxy: HttpProxy,
  { requests, logFile }: ProxyPlace,
  known: Learned,
  opened: AsyncDisposable[],
): () => Promise<void> {
  const [answers, log] = [tail(requests), tail(logFile)];
  opened.push(answers, log);
  return async () => {
    for (const line of await answers.read()) proxy.onRequest(line, known);
    for (const line of await log.read()) proxy.onLog(line, known);
  };
}
