import { z } from 'zod';
import {
  balancerChoices,
  captureChoices,
  delvePlaces,
  flavours,
  healthCheckChoices,
  hostChoices,
  loadDrivers,
} from './choices.js';
import { complaintsText } from './complaints.js';
import { isContainerTarget } from './containers/reference.js';
import { decimal } from './decimal.js';
import { LabError } from './errors.js';
import { quoteWord } from './quote-word.js';
import { fleets, isFleet } from './scenarios/fleets.js';
import { scenarios } from './scenarios/index.js';
import type { Scenario } from './scenarios/scenario.js';
import { sized } from './scenarios/sized.js';
import { protocols } from './stampede/facts.js';
import { hostsIn } from './targets/several.js';

/** How the Go compiler is asked to build the program. */
export const buildFlavours = {
  /** As `go build` does: optimised, inlined. */
  default: [],
  /** The article's table came from a build like this: each function keeps its own frame. */
  noinline: ['-gcflags=all=-l'],
  /** For stepping through: neither optimised nor inlined. */
  debug: ['-gcflags=all=-N -l'],
} as const satisfies Record<(typeof flavours)[number], readonly string[]>;

const port = decimal(z.number().int().min(0).max(65535));
const seconds = decimal(z.number().positive().max(86_400));

const written = z.strictObject({
  scenario: z.string().default('blog'),
  /** Runs the repaired twin; nothing may hang then. */
  fixed: z.boolean().default(false),
  /** `local`, `vagrant`, or a host over SSH as `ssh://user@host:port`; of a fleet several of them, with commas between. */
  target: z
    .string()
    .regex(
      /^(local|vagrant|ssh:\/\/[^/\s,]+\/?(,ssh:\/\/[^/\s,]+\/?)*)$/,
      'local, vagrant or ssh://user@host:port',
    )
    .default('local'),
  /**
   * Folder of a host over SSH that the lab works in, as `LAB_TARGET_FOLDER` said when the run was made; empty for the one
   * in its user's cache.
   */
  targetFolder: z
    .string()
    .regex(/^(\/|$)/, 'an absolute path')
    .optional(),
  /** Of `vagrant`: the box is made of this machine's own packages; the VM stays afterwards. */
  offlineBox: z.boolean().optional(),
  keepVm: z.boolean().optional(),
  /** Seconds that each stage may take, in place of its own limit. */
  stageTimeout: seconds.optional(),
  load: z.enum(loadDrivers).default('autocannon'),
  /** The helper, but for the article's scenario, whose story is gdb's. */
  capture: z.enum(captureChoices).optional(),
  /** Where Delve reads the core: on the lab's machine, where one is needed then, or on the target. */
  delve: z.enum(delvePlaces).optional(),
  build: z.enum(flavours).default('default'),
  /** Of the server; 0 lets the kernel choose; the scenario's own when absent. */
  port: port.optional(),
  pprofPort: port.optional(),
  /** Seconds until a probe counts as not answered. */
  probeTimeout: seconds.default(1),
  /** Seconds after which the load ends without a hang. */
  loadTimeout: seconds.optional(),
  /** Of `stampede`: handlers that shall be stuck, and how their clients come; the scenario's own when absent. */
  size: decimal(z.number().int().min(100).max(5_000_000)).optional(),
  protocol: z.enum(protocols).optional(),
  /** Of `fleet`: lab/fleet/options.ts says what holds when they are absent. */
  instances: decimal(z.number().int().min(1).max(12)).optional(),
  balancer: z.enum(balancerChoices).optional(),
  healthCheck: z.enum(healthCheckChoices).optional(),
  hosts: z.enum(hostChoices).optional(),
  recover: z.boolean().optional(),
});

/** Everything that decides what a run does, as saved in `run.json`. */
export const labConfigSchema = written.transform((config) => ({
  ...config,
  capture: config.capture ?? (config.scenario === 'blog' ? ('gcore' as const) : ('helper' as const)),
}));

export type LabConfig = z.infer<typeof labConfigSchema>;

/** Reads a configuration from options as typed to a command. Throws `usage` with every complaint. */
export function parseConfig(options: unknown, command = 'run'): LabConfig {
  refuseContainer(options);
  const parsed = labConfigSchema.safeParse(options);
  if (!parsed.success) {
    throw new LabError(complaintsText(parsed.error, options), {
      code: 'usage',
      hint: `see \`npx lab ${command} --help\``,
    });
  }
  const { drive } = scenarioNamed(parsed.data.scenario);
  const { size, protocol } = parsed.data;
  if (drive.kind !== 'stampede' && (size !== undefined || protocol !== undefined)) {
    throw new LabError(`--size and --protocol are options of stampede, not of ${parsed.data.scenario}`, {
      code: 'usage',
      hint: 'try npx lab run stampede',
    });
  }
  requireFleetOptions(parsed.data);
  return parsed.data;
}

const fleetOptions = {
  instances: '--instances',
  balancer: '--balancer',
  healthCheck: '--health-check',
  hosts: '--hosts',
  recover: '--recover',
} as const satisfies Partial<Record<keyof LabConfig, string>>;

/** Options of a fleet go with a fleet only, and a fleet is of this machine. */
function requireFleetOptions(config: LabConfig): void {
  if (isFleet(config.scenario)) {
    if (scenarioNamed(config.scenario).server.siblings === true) requireWayBetween(config);
    requirePlaceOfFleet(config);
    if (config.pprofPort !== undefined) {
      throw new LabError('--pprof-port names one port, and each instance of a fleet has one of its own', {
        code: 'usage',
        hint: 'leave it away: free ones are chosen',
      });
    }
    if (config.capture !== 'kernel') return;
    throw new LabError("the kernel's core ends an instance, and it is to be seen beside the others", {
      code: 'usage',
      hint: 'let the helper take the cores: leave --capture away',
    });
  }
  if (hostsIn(config.target).length > 1) {
    throw new LabError(`${config.scenario} runs on one host: only a fleet is spread over several`, {
      code: 'usage',
      hint: `name one: --target ${hostsIn(config.target)[0]}`,
    });
  }
  const typed = Object.entries(fleetOptions).filter(
    ([name]) => config[name as keyof LabConfig] !== undefined,
  );
  if (typed.length === 0) return;
  throw new LabError(
    `${typed.map(([, option]) => option).join(' and ')} ${typed.length === 1 ? 'goes' : 'go'} with a fleet, not with ${config.scenario}`,
    { code: 'usage', hint: 'try npx lab run fleet' },
  );
}

/** On this machine, in the VM, or on hosts over SSH. */
function requirePlaceOfFleet({ scenario, target, hosts, delve, instances }: LabConfig): void {
  if (target === 'local') return;
  const refuse = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  if (scenarioNamed(scenario).server.siblings === true) {
    refuse(`the instances of ${scenario} call each other, on this machine only`, 'leave --target away');
  }
  if (hosts !== undefined) {
    refuse(
      '--hosts says where on this machine instances live, and --target names other hosts',
      'leave one of them away',
    );
  }
  if (delve === 'there') {
    refuse('the cores of a fleet are read together, by the Delve of this machine', 'leave --delve away');
  }
  const named = hostsIn(target).length;
  if (instances !== undefined && instances < named) {
    refuse(
      `${named} hosts are named for ${instances} instances`,
      `name fewer hosts, or --instances ${named}`,
    );
  }
}

/** Instances that call each other are at least two, and reach each other. */
function requireWayBetween({ scenario, instances, hosts }: LabConfig): void {
  if (instances === 1) {
    throw new LabError(`the instances of ${scenario} call each other: one has nobody to call`, {
      code: 'usage',
      hint: `npx lab run ${scenario} --instances 2`,
    });
  }
  if (hosts !== 'namespaces') return;
  throw new LabError(
    `the instances of ${scenario} call each other, and namespaces have no way to each other`,
    {
      code: 'usage',
      hint: 'leave --hosts away: each instance gets a port of its own',
    },
  );
}

/** A run builds, starts and stops a server of its own; what runs in a container is somebody's. */
function refuseContainer(options: unknown): void {
  const target = z.object({ target: z.string() }).safeParse(options).data?.target;
  if (target === undefined || !isContainerTarget(target)) return;
  throw new LabError(`${target} is a container: nothing is built, started or stopped there`, {
    code: 'usage',
    hint: `capture what runs in it: npx lab capture --target ${quoteWord(target)}`,
  });
}

/** The scenario of a run, of the size that the run was asked for. */
export function scenarioOf(config: Pick<LabConfig, 'scenario' | 'size' | 'protocol'>): Scenario {
  return sized(scenarioNamed(config.scenario), config);
}

/** The scenario of that name; throws `usage` naming all of them. */
export function scenarioNamed(name: string): Scenario {
  const found = [...scenarios, ...fleets].find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const known = [...scenarios, ...fleets].map((scenario) => scenario.name).join(', ');
  throw new LabError(`there is no scenario ${JSON.stringify(name)}`, {
    code: 'usage',
    hint: `choose one of: ${known}`,
  });
}
