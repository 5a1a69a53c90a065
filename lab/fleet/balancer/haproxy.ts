import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { epochMs } from '../../clock.js';
import { poll } from '../../deadline.js';
import { LabError } from '../../errors.js';
import { freePort } from '../free-port.js';
import type { Balancer, BalancerView, CheckSeen, RunningBalancer, StartBalancer } from './balancer.js';
import { haproxyConfig, serving } from './haproxy-config.js';
import { ask, order } from './haproxy-socket.js';
import { readStats } from './haproxy-stats.js';
import { didNotStart } from './not-started.js';
import { placeForSocket } from './socket-place.js';

const readyWithinMs = 10_000;

export const haproxy: Balancer = {
  name: 'haproxy',
  package: 'haproxy',
  passesOn: 'connections',
  looks: () => ({ http: 'asks', tcp: 'asks' }),
  start,
};

async function start(options: StartBalancer, signal: AbortSignal): Promise<RunningBalancer> {
  const { target, tool, dir, healthCheck } = options;
  const host = target.listenHost;
  const port = options.port === 0 ? await freePort(host) : options.port;
  const { socket, removeSocket } = await placeForSocket(dir, 'haproxy.sock');
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
          if (process.exit() !== undefined)
            throw await didNotStart({ name: 'HAProxy', target, port, logFile }, signal);
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

/** A server counts as up before the first check has been made. */
function passed(check: CheckSeen | undefined): boolean {
  return check?.up === true && /^L\dOK/.test(check.said);
}
