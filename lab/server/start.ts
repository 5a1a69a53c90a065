import { z } from 'zod';
import { poll } from '../deadline.js';
import { LabError } from '../errors.js';
import { probe } from '../hang/probe.js';
import type { ProcessExit, ProcessIdentity, Target, TargetProcess } from '../targets/target.js';

/** What is kept of a started server, so that a later command can take hold of it again. */
export const startedServerSchema = z.object({
  identity: z.object({ pid: z.number().int(), startTicks: z.number() }),
  argv: z.array(z.string()),
  /** What was added to its environment. */
  env: z.record(z.string(), z.string()).optional(),
  logFile: z.string(),
  url: z.string(),
  /** `http://host:port` of net/http/pprof. */
  pprofUrl: z.string(),
  /** On the target, whichever ports lead there; absent in runs of older versions. */
  ports: z.object({ server: z.number().int(), pprof: z.number().int() }).optional(),
});

export type StartedServer = z.infer<typeof startedServerSchema>;

export interface RunningServer extends StartedServer {
  readonly process: TargetProcess;
}

export interface StartServerOptions {
  readonly exe: string;
  readonly port: number;
  readonly pprofPort: number;
  readonly path: string;
  /** Flags of the program beside its addresses. */
  readonly flags?: readonly string[] | undefined;
  readonly logFile: string;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Folder of the target that it works in; wherever the target starts its processes unless named. */
  readonly cwd?: string | undefined;
  /** Told who it is as soon as it runs; what it throws ends the server. */
  readonly onStarted?: (identity: ProcessIdentity) => Promise<void>;
  /** Milliseconds for the server to say where it listens and to answer a request. */
  readonly readyWithinMs?: number;
}

/**
 * Starts the server and waits until it has answered a request. Both ports are bound on the address that
 * the target says. Throws `port-taken`, or `target` with the end of the log when it is not ready
 * in time; the process is gone then.
 */
export async function startServer(
  target: Target,
  options: StartServerOptions,
  signal: AbortSignal,
): Promise<RunningServer> {
  const { exe, logFile, env, cwd, readyWithinMs = 10_000 } = options;
  const { listenHost } = target;
  const addresses = [
    `--addr=${listenHost}:${options.port}`,
    `--pprof-addr=${listenHost}:${options.pprofPort}`,
  ];
  const argv = [exe, ...addresses, ...(options.flags ?? [])];
  const added = env === undefined ? {} : { env };
  const place = cwd === undefined ? {} : { cwd };
  const process = await target.start(argv, { signal, logFile, ...added, ...place });
  try {
    await options.onStarted?.(process.identity);
    const logOfLiving = async (): Promise<string> => {
      const exit = process.exit();
      const log = (await target.readFile(logFile, signal)) ?? '';
      if (exit !== undefined) throw didNotStart(options, exit, log);
      return log;
    };
    const ready = await poll(async () => listening(await logOfLiving()), {
      signal,
      deadlineMs: readyWithinMs,
      everyMs: 20,
    });
    if (ready === undefined) throw neverReady(logFile, readyWithinMs, 'did not say where it listens');
    const ports = { server: ready.port, pprof: ready.pprofPort };
    const { url, pprofUrl } = await urlsOf(target, ports, options.path, signal);
    const answered = await poll(
      async () => {
        const outcome = await probe({ url, timeoutMs: 1000 }, signal);
        if (outcome.kind === 'answered') return outcome;
        await logOfLiving();
        return undefined;
      },
      { signal, deadlineMs: readyWithinMs, everyMs: 50 },
    );
    if (answered === undefined) throw neverReady(logFile, readyWithinMs, `did not answer ${url}`);
    return { process, identity: process.identity, argv, ...added, logFile, url, pprofUrl, ports };
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw error;
  }
}

/** Takes hold of a server that an earlier command started; `undefined` when it is gone. */
export async function reattachServer(
  target: Target,
  started: StartedServer,
  signal: AbortSignal,
): Promise<RunningServer | undefined> {
  const process = await target.attach(started.identity, signal);
  if (process === undefined) return undefined;
  const { pathname, search } = new URL(started.url);
  const urls = started.ports && (await urlsOf(target, started.ports, `${pathname}${search}`, signal));
  return { ...started, ...urls, process };
}

/** Where the lab's machine reaches the server. */
async function urlsOf(
  target: Target,
  ports: { readonly server: number; readonly pprof: number },
  path: string,
  signal: AbortSignal,
): Promise<{ readonly url: string; readonly pprofUrl: string }> {
  const origin = async (port: number): Promise<string> => {
    const at = await target.reach(port, signal);
    return `http://${at.host}:${at.port}`;
  };
  const [server, pprofUrl] = await Promise.all([origin(ports.server), origin(ports.pprof)]);
  return { url: `${server}${path}`, pprofUrl };
}

/** The ports that the server's log names; `undefined` until it names both. */
export function listening(log: string): { port: number; pprofPort: number } | undefined {
  const port = /^.*server listening addr=\S*:(\d+)\s*$/m.exec(log)?.[1];
  const pprofPort = /^.*pprof listening addr=\S*:(\d+)\s*$/m.exec(log)?.[1];
  if (port === undefined || pprofPort === undefined) return undefined;
  return { port: Number(port), pprofPort: Number(pprofPort) };
}

function didNotStart(options: StartServerOptions, exit: ProcessExit, log: string): LabError {
  const taken = /listen tcp \S*:(\d+): .*address already in use/.exec(log)?.[1];
  if (taken !== undefined) {
    const option = taken === String(options.pprofPort) ? '--pprof-port' : '--port';
    return new LabError(`port ${taken} of the loopback interface is taken`, {
      code: 'port-taken',
      hint: `see who has it: ss -ltnp 'sport = :${taken}'; or choose a free one: npx lab run ${option} 0`,
    });
  }
  const how =
    exit.kind === 'killed'
      ? `killed by ${exit.signal}`
      : exit.kind === 'exited'
        ? `exit ${exit.exitCode}`
        : exit.kind;
  return new LabError(
    `the server ended before it answered: ${how}\n${log.trim().split('\n').slice(-5).join('\n')}`,
    {
      code: 'target',
      hint: `read its log: ${options.logFile}`,
    },
  );
}

function neverReady(logFile: string, ms: number, what: string): LabError {
  return new LabError(`the server ${what} within ${ms / 1000} s`, {
    code: 'target',
    hint: `read its log: ${logFile}`,
  });
}
