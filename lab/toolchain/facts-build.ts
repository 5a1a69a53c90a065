import { access, constants, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { interrupted } from '../errors.js';
import type { Emit } from '../events.js';
import type { Target } from '../targets/target.js';
import { installInto } from './cache.js';
import { entryName, isCompiled, type Sources } from './facts-cache.js';
import { moduleFiles, type PinnedTools } from './facts-choice.js';
import { type GoTool, helperEnvironment } from './go.js';

export interface BuildFactsOptions {
  readonly target: Target;
  readonly cache: string;
  /** As Go names it; this machine's unless named. */
  readonly architecture?: string;
  readonly emit?: Emit | undefined;
  /** Receives the full output of what is run to build. */
  readonly log?: ((text: string) => void) | undefined;
}

const buildTimeoutMs = 15 * 60_000;
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Builds the helper into the cache; returns what the compiler said when it failed. */
export async function buildFacts(
  go: GoTool,
  tools: PinnedTools,
  sources: Sources,
  { target, cache, architecture = architectures[process.arch], emit, log }: BuildFactsOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  emit?.({ type: 'note', text: `building what reads Go sources, with ${go.release.text}` });
  let failure: string | undefined;
  const fill = async (folder: string): Promise<void> => {
    const module = join(folder, 'src');
    await mkdir(module);
    await cp(sources.folder, module, { recursive: true, filter: (path) => isCompiled(sources.folder, path) });
    const { mod, sum } = moduleFiles(go.release, tools);
    await writeFile(join(module, 'go.mod'), mod);
    await writeFile(join(module, 'go.sum'), sum);
    const run = async (argv: readonly string[]) => {
      const result = await target.exec([go.path, ...argv], {
        signal,
        env: helperEnvironment(architecture),
        cwd: module,
        timeoutMs: buildTimeoutMs,
      });
      log?.(`$ ${go.path} ${argv.join(' ')}\n${result.stdout}${result.stderr}`);
      if (result.exitCode === 0) return result.stdout;
      failure = result.timedOut ? 'timed out' : result.stderr.slice(-2_000);
      throw new BuildFailed();
    };
    const flags = ['-trimpath', `-ldflags=-s -w -X main.version=${sources.hash}`];
    await run(['build', ...flags, '-o', join(folder, 'facts'), '.']);
    const goRoot = (await run(['env', 'GOROOT'])).trim();
    await writeFile(join(folder, 'built.json'), JSON.stringify({ goRoot }));
    await rm(module, { recursive: true });
  };
  try {
    await installInto(cache, entryName(sources, go.release, tools), fill, hasFacts);
    return undefined;
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    if (error instanceof BuildFailed) return failure ?? '';
    throw error;
  }
}

class BuildFailed extends Error {}

export async function hasFacts(folder: string): Promise<boolean> {
  return await access(join(folder, 'facts'), constants.X_OK).then(
    () => true,
    () => false,
  );
}
