import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochMs } from '../../clock.js';
import { poll } from '../../deadline.js';
import { LabError } from '../../errors.js';
import { freePort } from '../free-port.js';
import type { Balancer, BalancerView, RunningBalancer, StartBalancer } from './balancer.js';
import { haproxyConfig, serving } from './haproxy-config.js';
import { ask, order } from './haproxy-socket.js';
import { readStats } from './haproxy-stats.js';

const readyWithinMs = 10_000;

export const haproxy: Balancer = { name: 'haproxy', package: 'haproxy', start };

async function start(options: StartBalancer, signal: AbortSignal): Promise<RunningBalancer> {
  const { target, tool, dir, healthCheck } = options;
  const host = target.listenHost;
  const port = options.port === 0 ? await freePort(host) : options.port;
  const { socket, removeSocket } = await placeForSocket(dir);
  const config = join(dir, 'haproxy.cfg');
  const logFile = join(dir, 'balancer.log');
  try {
    await writeFile(config, haproxyConfig({ ...options, host, port, socket }), { mode: 0o600 });
    const process = await target.start([tool.path, '-db', '-f', config], { signal, logFile });
    const look = async (until: AbortSignal): Promise<BalancerView | undefined> => {
      try {
        const text = await ask(socket, 'show stat', until);
        return { at: epochMs(), backends: readStats(text, healthCheck) };
      } catch (error) {
        until.throwIfAborted();
        if (error instanceof LabError) return undefined;
        throw error;
      }
    };
    const end = async () => {
      await process[Symbol.asyncDispose]();
      await removeSocket();
    };
    try {
      await untilReady();
    } catch (error) {
      await end();
      throw error;
    }
    return {
      ...{ process, exited: process.exited, origin: `http://${host}:${port}`, look },
      async drain(name, until) {
        await order(socket, `set server ${serving}/${name} state drain`, until);
        await order(socket, `shutdown sessions server ${serving}/${name}`, until);
      },
      readmit: async (name, until) => await order(socket, `set server ${serving}/${name} state ready`, until),
      [Symbol.asyncDispose]: end,
    };

    /** Until each instance has passed a check of each kind. */
    async function untilReady(): Promise<void> {
      const ready = await poll(
        async () => {
          if (process.exit() !== undefined) throw await didNotStart(options, port, logFile, signal);
          const view = await look(signal);
          const all = view?.backends.length === options.backends.length;
          return all && view.backends.every(({ checks }) => passed(checks.http) && passed(checks.tcp))
            ? true
            : undefined;
        },
        { signal, deadlineMs: readyWithinMs, everyMs: 50 },
      );
      if (ready !== undefined) return;
      throw new LabError(`HAProxy did not find every instance well within ${readyWithinMs / 1_000} s`, {
        code: 'target',
        hint: `read its log: ${logFile}`,
      });
    }
  } catch (error) {
    await removeSocket();
    throw error;
  }
}

/** The path of a socket may have 107 characters, and HAProxy makes it under a longer name; a run's may be longer still. */
const longestSocket = 88;

async function placeForSocket(
  dir: string,
): Promise<{ readonly socket: string; readonly removeSocket: () => Promise<void> }> {
  const near = join(dir, 'haproxy.sock');
  if (Buffer.byteLength(near) <= longestSocket) {
    return { socket: near, removeSocket: () => rm(near, { force: true }) };
  }
  const room = await mkdtemp(join(tmpdir(), 'lab-fleet-'));
  return {
    socket: join(room, 'haproxy.sock'),
    removeSocket: () => rm(room, { recursive: true, force: true }),
  };
}

/** A server counts as up before the first check has been made. */
function passed({ up, said }: { readonly up: boolean; readonly said: string }): boolean {
  return up && /^L\dOK/.test(said);
}

async function didNotStart(
  { target }: StartBalancer,
  port: number,
  logFile: string,
  signal: AbortSignal,
): Promise<LabError> {
  const log = ((await target.readFile(logFile, signal)) ?? '').trim();
  if (/Address already in use/i.test(log)) {
    return new LabError(`port ${port} of the loopback interface is taken`, {
      code: 'port-taken',
      hint: `see who has it: ss -ltnp 'sport = :${port}'; or choose a free one: npx lab run fleet --port 0`,
    });
  }
  return new LabError(`HAProxy ended before it was ready:\n${log.split('\n').slice(-5).join('\n')}`, {
    code: 'target',
    hint: `read its log: ${logFile}`,
  });
}
