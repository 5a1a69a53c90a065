import { BlockList, isIPv4 } from 'node:net';
import { LabError } from '../errors.js';
import { build, folderOn, inStage, plannedIn, provision, type StageContext } from '../stages/index.js';
import { openTarget } from '../targets/index.js';
import { hostsIn } from '../targets/several.js';
import type { Target } from '../targets/target.js';
import type { FleetHost, FleetHosts } from './fleet-host.js';
import { leaveHost } from './leave-host.js';
import { reachable } from './lost-host.js';

/** A host that is gone is to be known before a person gives up; milliseconds. */
const deadlines = { connectMs: 10_000, keepAliveMs: 2_000, reconnectMs: 8_000, answerMs: 8_000 };
const leaveMs = 15_000;

/**
 * The hosts that the run's target names, each with the tools and the program; instances are spread over them in turn. Servers
 * bind the address at which the host was reached, so that what the balancer sees is the host's own network. Throws what `openTarget`,
 * `provision` and `build` throw, `usage` for a host at a public address; what was opened is closed then.
 */
export async function hostsOverSsh(context: StageContext, count: number): Promise<FleetHosts> {
  const { run, emit, signal } = context;
  const { config } = plannedIn(run);
  const names = hostsIn(config.target).slice(0, count);
  const [keep, logFile] = [config.keepVm ?? false, run.file('vagrant.log')];
  const targets: Target[] = [];
  const end = async (): Promise<void> => {
    await Promise.allSettled(
      targets.map(async (target) => {
        await leaveHost(target, run, AbortSignal.timeout(leaveMs)).catch(() => {}); // a host that is gone
        await target[Symbol.asyncDispose]();
      }),
    );
  };
  try {
    await inStage({ run, emit, signal }, 'connect', `reaching ${names.join(', ')}`, async (limited) => {
      for (const target of names) {
        targets.push(await openTarget({ ...config, target }, emit, limited, { deadlines, keep, logFile }));
      }
      const kept = targets.map(({ kind, name, workFolder }) => ({ kind, name, workFolder }));
      return [
        undefined,
        `${kept.map(({ name }) => name).join(', ')} ${kept.length === 1 ? 'is' : 'are'} there`,
        kept,
      ];
    });
    const hosts: FleetHost[] = [];
    for (const target of targets) hosts.push(await prepared({ ...context, target }));
    const each = Array.from({ length: count }, (_, i) => hosts[i % hosts.length]).filter(
      (host) => host !== undefined,
    );
    return { each, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A host with what an instance needs there. */
async function prepared(context: StageContext): Promise<FleetHost> {
  const { run, target, signal } = context;
  await provision(context);
  const { exe, goVersion } = await build(context);
  const address = await addressOf(target, signal);
  return {
    target: reachable(target, address),
    text: `${target.name} at ${address}`,
    folder: await folderOn(target, run, signal),
    ...{ exe, goVersion },
    async [Symbol.asyncDispose]() {},
  };
}

/** Loopback, and the networks that are nobody's on the internet (RFC 1918, 3927, 6598, 2544). */
const near = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
  ['198.18.0.0', 15],
] as const) {
  near.addSubnet(network, prefix);
}

/** The address of the host's own that the connection goes to, as its SSH server says it. */
async function addressOf(target: Target, signal: AbortSignal): Promise<string> {
  const { stdout } = await target.exec(['sh', '-c', 'echo "$SSH_CONNECTION"'], { signal });
  const address = stdout.trim().split(' ')[2] ?? '';
  if (!isIPv4(address)) {
    throw new LabError(
      `${target.name} was not reached at an IPv4 address, but at ${address || 'an unknown one'}`,
      {
        code: 'target',
        hint: 'set AddressFamily inet for it in ~/.ssh/config',
      },
    );
  }
  if (near.check(address)) return address;
  throw new LabError(
    `${target.name} is reached at ${address}, a public address: nothing is loaded over the internet`,
    {
      code: 'usage',
      hint: 'name hosts of a private network, or leave --target away',
    },
  );
}
