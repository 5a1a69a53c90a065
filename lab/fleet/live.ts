import { captureMethod } from '../capture/index.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { describeExit } from '../hang/judge.js';
import { loadDrivers } from '../load/index.js';
import type { LoadPlan } from '../load/plan.js';
import { build, inStage, plannedIn, provision, type StageContext } from '../stages/index.js';
import { recordSeries } from '../store/recorder.js';
import type { Balancer, RunningBalancer, WaysToLook } from './balancer/balancer.js';
import { balancers, findBalancer } from './balancer/index.js';
import { type Captured, type Captures, openCaptures } from './captures.js';
import { type Driven, fleetDriver } from './drive.js';
import type { FleetHosts } from './fleet-host.js';
import { hostsHere } from './hosts.js';
import type { Instance } from './instance.js';
import { type FleetObserver, observeFleet } from './observe.js';
import { openFleet, type RunningFleet } from './open-fleet.js';
import { type FleetOptions, fleetOptions } from './options.js';
import { type Recovery, recover } from './recover.js';
import { responseSize } from './response-size.js';
import type { FleetSample } from './sample.js';
import { onSharedProcessor } from './shared-processor.js';
import { hostsOverSsh } from './ssh-hosts.js';
import { serves } from './state.js';
import { keepTransferring } from './transfers.js';
import { openVisitor } from './visitor.js';

/** `fleet.jsonl`, the looks at the whole fleet. */
export const samplesFile = 'fleet.jsonl';

/** What the living fleet left; the run's folder has the rest. */
export interface Lived {
  readonly options: FleetOptions;
  readonly balancer: {
    readonly version: string;
    readonly origin: string;
    readonly ended: string | null;
    readonly looks: WaysToLook;
  };
  readonly driven: Driven;
  readonly instances: readonly {
    readonly name: string;
    readonly pid: number;
    readonly url: string;
    readonly host: string;
    readonly captured: Captured | undefined;
  }[];
  readonly recovery: Recovery | undefined;
  /** Each look at the fleet, oldest first. */
  readonly samples: readonly FleetSample[];
}

/** Everything that needs the fleet to live: tools, start, load, cores, recovery. All of it is gone afterwards. */
export async function live(context: StageContext): Promise<Lived> {
  const { run, target, signal } = context;
  const { config, scenario } = plannedIn(run);
  const options = fleetOptions(config, scenario);
  const tool = await findBalancer(target, options.balancer, signal);
  await run.note({ [options.balancer]: tool.version ?? 'unknown' });
  await using hosts = await hostsOf(context, options);
  const { path } = scenario.server;
  const { result: fleet } = await inStage(
    context,
    'start',
    `${options.instances} instances`,
    async (limited) => {
      const probeTimeoutMs = config.probeTimeout * 1_000;
      const port = config.port ?? 0;
      // The caller's signal: what is opened here lives on after the stage, whose limit is its own.
      limited.throwIfAborted();
      const opened = await openFleet(
        { options, target, tool, hosts, server: scenario.server, port, probeTimeoutMs, dir: run.dir },
        signal,
      );
      const { instances, balancer } = opened;
      const kept = {
        balancer: balancer.process.identity,
        instances: instances.map((one) => ({ ...one.server().identity, host: one.host.target.name })),
      };
      const pids = kept.instances.map(({ pid }) => pid).join(', ');
      const line = `pids ${pids} behind ${options.balancer} at ${balancer.origin}`;
      return [{ result: opened }, line, kept];
    },
  );
  await using _fleet = fleet;
  return await underLoad(context, { fleet, options, path, version: tool.version ?? 'unknown' });
}

/** Where the instances live, with all that they need there. */
async function hostsOf(context: StageContext, options: FleetOptions): Promise<FleetHosts> {
  const { target, signal } = context;
  const { instances: count } = options;
  if (options.hosts === 'ssh') return await hostsOverSsh(context, count);
  await provision(context);
  const { exe, goVersion } = await build(context);
  const local = await onSharedProcessor(target);
  return await hostsHere({ kind: options.hosts, count, local, program: { exe, goVersion } }, signal);
}

interface Loading {
  readonly fleet: RunningFleet;
  readonly options: FleetOptions;
  readonly path: string;
  readonly version: string;
}

async function underLoad(context: StageContext, { fleet, options, path, version }: Loading): Promise<Lived> {
  const { run, emit, signal } = context;
  const { config, scenario } = plannedIn(run);
  const { instances, balancer } = fleet;
  const url = `${balancer.origin}${path}`;
  const { looks: looksOf, passesOn } = balancers[options.balancer];
  const plan = planOf(context, passesOn);
  const driver = loadDrivers.find(({ name }) => name === config.load) ?? loadDrivers[0];
  const looks = looksOf(options.healthCheck);
  const captures = openCaptures(captureMethod(config.capture), emit, signal);
  // With a recovery in view a part of the service is to live: more than half of it hanging is enough.
  const enoughLost = options.recover ? Math.ceil((instances.length + 1) / 2) : instances.length;
  const drive = fleetDriver({
    ...{
      instances,
      balancer,
      asks: looks.http === 'asks',
      driver,
      plan,
      url,
      captures,
      enoughLost: Math.min(enoughLost, instances.length),
    },
    fixed: config.fixed,
    ...(scenario.server.siblings === true
      ? { alongside: (limited: AbortSignal) => keepTransferring(instances, limited) }
      : {}),
  });
  const first = instances[0];
  if (first === undefined) throw new LabError('a fleet without instances', { code: 'internal' });
  const responseBytes = await responseSize(first.backend, path, signal);
  const file = run.file(samplesFile);
  await using series = recordSeries(run.file);
  await using visitor = openVisitor(url, config.probeTimeout * 1_000, series.emit, signal);
  await using observer = observeFleet(
    { instances, balancer, visitor, responseBytes, file, onSample: (sample) => drive.onSample(sample) },
    emit,
    signal,
  );
  const title = `${driver.name} against ${url}`;
  const driven = await inStage(context, 'load', title, async (limited) => {
    const tell: Emit = (event) => {
      series.emit(event);
      // The look at the whole fleet tells of the rate too.
      if (event.type !== 'load-sample') emit(event);
    };
    const done = await drive.run(observer, tell, limited);
    return [done, observer.latest()?.service ?? 'nothing was seen', { steps: done.escalation.steps }];
  });
  const told = cores(instances, captures);
  const recovery = options.recover
    ? await restartHung(context, { instances, balancer, observer, driven, url })
    : undefined;
  return {
    ...{ options, driven, recovery, instances: told, samples: observer.samples() },
    balancer: {
      ...{ version, origin: balancer.origin, looks },
      ended: driven.balancerExit === undefined ? null : describeExit(driven.balancerExit),
    },
  };
}

/** Before anything is restarted: a core is of the process that hung. */
function cores(instances: readonly Instance[], captures: Captures): Lived['instances'] {
  return instances.map((instance) => ({
    name: instance.name,
    pid: instance.server().identity.pid,
    url: instance.server().url,
    host: instance.host.text,
    captured: captures.of(instance.name),
  }));
}

interface Restarting {
  readonly instances: readonly Instance[];
  readonly balancer: RunningBalancer;
  readonly observer: FleetObserver;
  readonly driven: Driven;
  readonly url: string;
}

async function restartHung(
  context: StageContext,
  { instances, balancer, observer, driven, url }: Restarting,
): Promise<Recovery | undefined> {
  const { siblings = false } = plannedIn(context.run).scenario.server;
  const latest = observer.latest();
  const stateOf = (name: string) => latest?.instances.find((one) => one.name === name)?.state;
  const hung = instances.filter(({ name }) => stateOf(name) === 'hung');
  if (hung.length === 0 || driven.balancerExit !== undefined) return undefined;
  const living = instances.flatMap(({ name }) => {
    const state = stateOf(name);
    return state !== undefined && serves(state) ? [name] : [];
  });
  return await inStage(
    context,
    'recover',
    `${hung.length} hung instances, one after the other`,
    async (limited) => {
      const done = await recover({ hung, living, balancer, observer, url, siblings }, context.emit, limited);
      const { answered, failed } = done.visits;
      return [
        done,
        `${done.serving.length} back in service; ${answered} requests answered, ${failed} failed`,
      ];
    },
  );
}

/**
 * The instances share a machine, and a quick one gets each of them full only now and then. Behind a balancer that takes
 * requests apart a hang comes more seldom still: an instance never gets more of them at once than it got through.
 */
const patience = { connections: 3, requests: 6 } as const satisfies Record<Balancer['passesOn'], number>;

/** The load of the scenario, for as long as was asked for. */
function planOf({ run }: StageContext, passesOn: Balancer['passesOn']): LoadPlan {
  const { config, scenario } = plannedIn(run);
  const { drive } = scenario;
  if (drive.kind !== 'load') throw new LabError('a fleet is driven by load', { code: 'internal' });
  const durationMs =
    config.loadTimeout === undefined ? drive.durationMs * patience[passesOn] : config.loadTimeout * 1_000;
  // Such a balancer takes requests that come together on a connection one after the other, and does not see that a client is
  // gone while more of its requests lie there.
  const steps =
    passesOn === 'requests' ? drive.steps.map((step) => ({ ...step, pipelining: 1 })) : drive.steps;
  return { ...drive, steps, durationMs };
}
