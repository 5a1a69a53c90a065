import { readFile } from 'node:fs/promises';
import { poll } from '../../deadline.js';
import { LabError } from '../../errors.js';
import type { TargetProcess } from '../../targets/target.js';
import type { HealthCheck } from '../options.js';
import type { Balancer } from './balancer.js';
import { leashGroup } from './group-leash.js';
import { askOverSocket } from './http-socket.js';
import { connectionsTo } from './kernel-connections.js';
import { addressOf } from './learned.js';
import { nginxConfig } from './nginx-config.js';
import { learnFromError, learnFromRequest } from './nginx-log.js';
import { type HttpProxy, type ProxyPlace, startProxy } from './proxy.js';

const reloadedWithinMs = 10_000;

export const nginx: Balancer = {
  name: 'nginx',
  package: 'nginx',
  passesOn: 'requests',
  looks: (healthCheck) => ({ tcp: 'requests', http: healthCheck === 'http' ? 'requests' : 'never' }),
  start: async (options, signal) => await startProxy(proxy, options, signal),
};

const kindsOf = (healthCheck: HealthCheck): readonly HealthCheck[] =>
  healthCheck === 'http' ? ['tcp', 'http'] : ['tcp'];

const proxy: HttpProxy = {
  name: 'nginx',
  configFile: 'nginx.conf',
  config: nginxConfig,
  argv: (program, { room, config }) => [program, '-e', 'stderr', '-p', room, '-c', config],
  guard: ({ identity }) => leashGroup(identity.pid),
  reload,
  onRequest: learnFromRequest,
  onLog: learnFromError,
  async look({ socket, backends, drained, healthCheck }, known, signal) {
    const status = await askOverSocket({ socket, path: '/status' }, signal);
    // The status page counts connections in all, and those of clients.
    const held = await connectionsTo(backends);
    return {
      clients: Number(/^Active connections: (\d+)/.exec(status)?.[1] ?? 0),
      backends: backends.map((one) =>
        known.view(one, {
          service: drained.has(one.name) ? 'drained' : undefined,
          sessions: held.get(addressOf(one)) ?? 0,
          kinds: kindsOf(healthCheck),
        }),
      ),
    };
  },
};

/** Until new workers take all connections; those before end what they hold by the configuration's limit. */
async function reload({ logFile }: ProxyPlace, process: TargetProcess, signal: AbortSignal): Promise<void> {
  const { pid } = process.identity;
  const before = await workersOf(pid);
  await process.kill('SIGHUP');
  const done = await poll(
    async () => {
      const taking = [...(await workersOf(pid))].filter(([, title]) => !title.includes('shutting down'));
      return taking.length > 0 && taking.every(([worker]) => !before.has(worker)) ? true : undefined;
    },
    { signal, deadlineMs: reloadedWithinMs, everyMs: 20 },
  );
  if (done !== undefined) return;
  throw new LabError(`nginx has not taken its new configuration within ${reloadedWithinMs / 1_000} s`, {
    code: 'target',
    hint: `read its log: ${logFile}`,
  });
}

/** The titles of nginx's workers by their pids: those that take no more connections say so there. */
async function workersOf(master: number): Promise<ReadonlyMap<number, string>> {
  const listed = await readFile(`/proc/${master}/task/${master}/children`, 'utf8').catch(() => '');
  const pids = listed.split(' ').filter((word) => word.trim() !== '');
  const titles = await Promise.all(
    pids.map(async (pid) => {
      const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return [Number(pid), title] as const;
    }),
  );
  return new Map(titles.filter(([, title]) => title.includes('worker process')));
}
