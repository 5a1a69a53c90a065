import { z } from 'zod';
import { LabError } from './errors.js';
import { scenarios } from './scenarios/index.js';
import type { Scenario } from './scenarios/scenario.js';

/** How the Go compiler is asked to build the program. */
export const buildFlavours = {
  /** As `go build` does: optimised, inlined. */
  default: [],
  /** The article's table came from a build like this: each function keeps its own frame. */
  noinline: ['-gcflags=all=-l'],
  /** For stepping through: neither optimised nor inlined. */
  debug: ['-gcflags=all=-N -l'],
} as const satisfies Record<string, readonly string[]>;

const port = z.coerce.number().int().min(0).max(65535);
const seconds = z.coerce.number().positive().max(86_400);

/** Everything that decides what a run does, as saved in `run.json`. */
export const labConfigSchema = z.strictObject({
  scenario: z.string().default('blog'),
  /** Runs the repaired twin; nothing may hang then. */
  fixed: z.boolean().default(false),
  target: z.enum(['local']).default('local'),
  load: z.enum(['autocannon', 'wrk']).default('autocannon'),
  capture: z.enum(['gcore', 'delve']).default('gcore'),
  build: z.enum(['default', 'noinline', 'debug']).default('default'),
  /** Of the server; 0 lets the kernel choose; the scenario's own when absent. */
  port: port.optional(),
  pprofPort: port.optional(),
  /** Seconds until a probe counts as not answered. */
  probeTimeout: seconds.default(1),
  /** Seconds after which the load ends without a hang. */
  loadTimeout: seconds.optional(),
});

export type LabConfig = z.infer<typeof labConfigSchema>;

/** Reads a configuration from options as typed. Throws `usage` with every complaint. */
export function parseConfig(options: unknown): LabConfig {
  const parsed = labConfigSchema.safeParse(options);
  if (!parsed.success) {
    throw new LabError(`bad configuration:\n${z.prettifyError(parsed.error)}`, {
      code: 'usage',
      hint: 'see `npx lab run --help`',
    });
  }
  scenarioNamed(parsed.data.scenario);
  return parsed.data;
}

/** The scenario of that name; throws `usage` naming all of them. */
export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const known = scenarios.map((scenario) => scenario.name).join(', ');
  throw new LabError(`there is no scenario ${JSON.stringify(name)}`, {
    code: 'usage',
    hint: `choose one of: ${known}`,
  });
}
