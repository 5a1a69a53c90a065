import { existsSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { makeFolder } from '../make-folder.js';
import { cacheFolder } from '../paths.js';
import { localTarget } from '../targets/local.js';
import type { Target } from '../targets/target.js';
import { unpackCarried } from './carried.js';
import { isNetworkFailure } from './delve-build.js';
import { buildFacts, hasFacts } from './facts-build.js';
import { type BuiltFacts, factsFolder, listBuilt, readSources, type Sources } from './facts-cache.js';
import { chooseTools, newestNeeds } from './facts-choice.js';
import { type GoTool, goInstallCommand, listEveryGo } from './go.js';
import { ensureGoRelease } from './go-release.js';
import { type GoVersion, newerGo, oldestGoMinor, parseGoVersion } from './versions.js';

/** The helper that answers questions about Go sources (`helpers/facts`), built. */
export interface FactsTool {
  readonly path: string;
  /** The Go and the x/tools that it was built with, for example `go1.26.8, x/tools 0.52.0`. */
  readonly version: string;
  readonly builtWith: GoVersion;
  /** Where the library of the Go that built it lies; `undefined` when that Go is gone. */
  readonly goRoot: string | undefined;
  /** Whether it knows the language of the program's Go: otherwise what is newer in it is an error to it. */
  readonly newEnough: boolean;
}

export interface FactsOptions {
  /** Of the program whose sources are asked for, for example `go1.26.8`. */
  readonly goVersion: string;
  /** Whether it may be built, and a Go fetched for that; it may unless this is false. */
  readonly install?: boolean;
  /** Whether to try again what has failed within the hour. */
  readonly again?: boolean;
  /** Where what is built is kept; {@link cacheFolder} unless named. */
  readonly cache?: string;
  readonly emit?: Emit | undefined;
  /** Receives the full output of what is run to build. */
  readonly log?: ((text: string) => void) | undefined;
  /** The helper's sources; {@link factsFolder} unless named. */
  readonly sources?: string;
  /** This machine, with another environment. */
  readonly target?: Target;
}

/** Whose set-up builds it. */
export const prepareCommand = 'npm run lab -- provision';

/** The helper in the cache whose Go is the newest; nothing is run. */
export async function findFacts(options: FactsOptions): Promise<FactsTool | undefined> {
  const { cache = cacheFolder(), sources = factsFolder } = options;
  return await findBuilt(cache, await readSources(sources), programVersion(options.goVersion));
}

/**
 * The helper: one of the cache that knows the language of the program's Go; else built by such a Go, one at hand
 * or one fetched; else by the newest there is. Throws `missing-tool` with one action: for an analysis that is
 * a limit and no failure.
 */
export async function ensureFacts(options: FactsOptions, signal: AbortSignal): Promise<FactsTool> {
  const program = programVersion(options.goVersion);
  const { cache = cacheFolder(), target = localTarget(), install = true, again = false } = options;
  const sources = await readSources(options.sources ?? factsFolder);
  const found = await findBuilt(cache, sources, program);
  if (found?.newEnough === true) return found;
  const failures: string[] = [];
  const memory = join(cache, `facts-${sources.hash}-1.${program.minor}.failed`);
  if (install && (again || !(await failedLately(memory)))) {
    const work = { ...options, cache, target };
    for await (const go of builders(program, work, failures, signal)) {
      const tools = chooseTools(go.release);
      if (tools === undefined) continue;
      if (found !== undefined && newerGo(go.release, found.builtWith) >= 0) break;
      const failure = await buildFacts(go, tools, sources, work, signal);
      const built = failure === undefined ? await findBuilt(cache, sources, program) : undefined;
      if (built !== undefined) {
        await (built.newEnough ? rm(memory, { force: true }) : remember(memory));
        return built;
      }
      failures.push(`with ${go.release.text}: ${failure ?? 'it is not there'}`);
      if (isNetworkFailure(failure ?? '')) break;
    }
    await remember(memory);
  }
  if (found !== undefined) return found;
  throw await notToBeHad(failures, install, target, signal);
}

/**
 * Who may build it, the best first; the caller stops when it has one. A Go is fetched when none at hand is new enough,
 * or is too old for the helper's own sources: the one that is fetched then serves all that came before it.
 */
async function* builders(
  program: GoVersion,
  {
    cache,
    target,
    emit,
  }: { readonly cache: string; readonly target: Target; readonly emit?: Emit | undefined },
  failures: string[],
  signal: AbortSignal,
): AsyncGenerator<GoTool> {
  const fetched = join(cache, 'go-modules', 'golang.org', 'toolchain@*', 'bin');
  const atHand = (await listEveryGo(target, [fetched], signal)).toSorted((a, b) =>
    newerGo(a.release, b.release),
  );
  const able = atHand.filter(({ release }) => release.minor >= Math.max(program.minor, oldestGoMinor));
  yield* able.slice(0, 2);
  const wanted = Math.max(program.minor, newestNeeds);
  if (atHand.length > 0 && !able.some(({ release }) => release.minor >= wanted)) {
    try {
      yield await ensureGoRelease({ wanted: `1.${wanted}`, target, cache, emit }, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof LabError)) throw error;
      failures.push(error.message);
    }
  }
  yield* atHand.filter((go) => !able.includes(go)).slice(0, 2);
}

async function findBuilt(
  cache: string,
  sources: Sources,
  program: GoVersion,
): Promise<FactsTool | undefined> {
  if ((await listBuilt(cache, sources)).length === 0) await unpackCarried('facts', { cache });
  const built = await listBuilt(cache, sources);
  for (const one of built.toSorted((a, b) => newerGo(a.builtWith, b.builtWith))) {
    if (await hasFacts(dirname(one.path))) return toolOf(one, program);
  }
  return undefined;
}

function toolOf({ path, builtWith, tools, goRoot }: BuiltFacts, program: GoVersion): FactsTool {
  return {
    path,
    version: `${builtWith.text}, x/tools ${tools}`,
    builtWith,
    goRoot: goRoot !== undefined && existsSync(join(goRoot, 'src')) ? goRoot : undefined,
    newEnough: builtWith.minor >= program.minor,
  };
}

/** Whether this machine has a Go, wherever it lies. */
export async function isGoHere(signal: AbortSignal): Promise<boolean> {
  return (await listEveryGo(localTarget(), [], signal)).length > 0;
}

const retryMs = 3_600_000;

/** Without a network each attempt takes its time, and an analysis should not wait for it again and again. */
async function failedLately(file: string): Promise<boolean> {
  const seen = await stat(file).catch(() => undefined);
  return seen !== undefined && Date.now() - seen.mtimeMs < retryMs;
}

async function remember(file: string): Promise<void> {
  await makeFolder(dirname(file));
  await writeFile(file, '');
}

async function notToBeHad(
  failures: readonly string[],
  install: boolean,
  target: Target,
  signal: AbortSignal,
): Promise<LabError> {
  const gos = await listEveryGo(target, [], signal);
  const usable = gos.some(({ release }) => release.minor >= oldestGoMinor);
  const hint = !usable
    ? await goInstallCommand(target, signal)
    : failures.some(isNetworkFailure)
      ? `connect this machine to the network for a minute, then: ${prepareCommand}`
      : failures.length === 0
        ? prepareCommand
        : 'install a newer Go from https://go.dev/dl/ and put it first on PATH';
  const why = !usable
    ? `no Go 1.${oldestGoMinor} or newer is installed`
    : (failures.at(-1)?.trim() ?? (install ? 'it could not be built before' : 'it has not been built'));
  return new LabError(`the helper that reads Go sources is not available: ${lastLines(why)}`, {
    code: 'missing-tool',
    hint,
    ...(failures.length === 0 ? {} : { details: { failures } }),
  });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-2).join(' ').slice(0, 400);
}

function programVersion(goVersion: string): GoVersion {
  const version = parseGoVersion(goVersion);
  if (version !== undefined) return version;
  throw new LabError(`not a Go version: ${goVersion}`, {
    code: 'usage',
    hint: 'give an executable that was built by a released Go',
  });
}
