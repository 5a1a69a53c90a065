import { join } from 'node:path';
import { z } from 'zod';
import { buildFlavours, type LabConfig } from '../config.js';
import { LabError } from '../errors.js';
import { goServerFolder } from '../paths.js';
import { quoteWord } from '../quote-word.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Target } from '../targets/target.js';
import { type GoTool, goEnvironment } from '../toolchain/go.js';

export const builtServerSchema = z.object({
  exe: z.string(),
  goVersion: z.string(),
  /** The command, as typed in `cwd`. */
  argv: z.array(z.string()),
  cwd: z.string(),
  ms: z.number(),
});

export type BuiltServer = z.infer<typeof builtServerSchema>;

/** What tells one build of a scenario's program from another. */
export function buildName(
  go: Pick<GoTool, 'version'>,
  scenario: Pick<Scenario, 'name'>,
  { build, fixed }: Pick<LabConfig, 'build' | 'fixed'>,
): string {
  return [scenario.name, fixed ? 'fixed' : 'faulty', build, go.version].join('-');
}

/**
 * Builds a scenario's program with the given Go into `folder`. The output's path is the same for the same kind of
 * build, so that Go itself decides whether anything has to be compiled or linked again.
 * Throws `build-failed` with the compiler's words.
 */
export async function buildServer(
  target: Target,
  go: GoTool,
  scenario: Scenario,
  { build, fixed }: Pick<LabConfig, 'build' | 'fixed'>,
  signal: AbortSignal,
  folder = join(target.workFolder, 'servers', buildName(go, scenario, { build, fixed })),
): Promise<BuiltServer> {
  await target.exec(['mkdir', '-p', '--', folder], { signal });
  const cwd = await target.mirror(goServerFolder, signal);
  const exe = join(folder, 'server');
  const tags = fixed ? ['-tags=fixed'] : [];
  const argv = [go.path, 'build', ...buildFlavours[build], ...tags, '-o', exe, `./${scenario.package}`];
  // Without cgo the build needs no C compiler, and the binary is the same with and without one.
  const env = { CGO_ENABLED: '0', ...goEnvironment, GOWORK: 'off' };
  const result = await target.exec(argv, { signal, cwd, env });
  if (result.exitCode !== 0) {
    throw new LabError(`go build of ${scenario.name} failed: ${endOf(result)}\n${result.stderr.trim()}`, {
      code: 'build-failed',
      hint: `fix what the compiler names, then try it alone: cd ${quoteWord(cwd)} && go build ./${scenario.package}`,
      details: { argv },
    });
  }
  return { exe, goVersion: go.version, argv, cwd, ms: result.durationMs };
}

function endOf(result: { exitCode: number | null; signal: string | null }): string {
  return result.signal === null ? `exit ${result.exitCode}` : `killed by ${result.signal}`;
}
