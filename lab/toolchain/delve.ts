import { join } from 'node:path';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { cacheFolder } from '../paths.js';
import { localTarget } from '../targets/local.js';
import type { Target } from '../targets/target.js';
import { unpackCarried } from './carried.js';
import { buildDelve, isNetworkFailure } from './delve-build.js';
import { chooseDelve, delveFits, oldestBuilder, type PinnedDelve } from './delve-choice.js';
import { describeDelve, describeDelveHere, type ListedDelve } from './delve-version.js';
import { findGo, type GoTool, goEnvironment, goInstallCommand } from './go.js';
import { locate, locateHere } from './locate.js';
import { aptInstall, candidateVersions, canInstall, packageAccess } from './packages.js';
import { type GoVersion, parseGoVersion, parsePackageMinor } from './versions.js';

export interface DelveTool {
  readonly path: string;
  /** For example `1.27.2`. */
  readonly version: string;
}

export interface DelveOptions {
  /** Of the program to be analysed, for example `go1.26.8`. */
  readonly goVersion: string;
  /** Whether a missing Delve may be built or installed; it may unless this is false. */
  readonly install?: boolean;
  /** The machine that analyses; this one unless named. Delve is only ever built on this one. */
  readonly target?: Target;
  /** Where built Delves are kept; {@link cacheFolder} unless named. */
  readonly cache?: string;
  readonly emit?: Emit | undefined;
  /** Receives the full output of what is run to install. */
  readonly log?: ((text: string) => void) | undefined;
}

/** Every Delve at hand: PATH, `GOBIN`, `GOPATH/bin`, the cache. */
export async function listDelves(
  target: Target,
  cache: string,
  signal: AbortSignal,
): Promise<readonly ListedDelve[]> {
  const go = await findGo(target, signal);
  const tools: ListedDelve[] = [];
  for (const path of await locate(target, 'dlv', await delveFolders(target, go, cache, signal), signal)) {
    tools.push(...(await describeDelve(path, target, signal)));
  }
  return tools;
}

/** A Delve at hand that reads programs of that Go; PATH wins over the cache. */
export async function findDelve(options: DelveOptions, signal: AbortSignal): Promise<DelveTool | undefined> {
  const program = programVersion(options.goVersion);
  const { target = localTarget(), cache = cacheFolder() } = options;
  const fits = ({ release, builtWith }: ListedDelve) => delveFits(release, builtWith, program);
  const tool = ({ path, version }: ListedDelve) => ({ path, version });
  // Where Go keeps its programs takes a while to find out, and need not be known when PATH has one.
  const here = options.target === undefined;
  for (const path of here ? await locateHere('dlv') : await locate(target, 'dlv', [], signal)) {
    const listed = here ? await describeDelveHere(path, signal) : await describeDelve(path, target, signal);
    const found = listed.find(fits);
    if (found !== undefined) return tool(found);
  }
  if (here) await unpackCarried('delve', { cache });
  return (await listDelves(target, cache, signal)).filter(fits).map(tool)[0];
}

/**
 * A Delve that reads programs of that Go: one at hand; else the newest pinned one that the Go at hand can
 * build, built into the cache; else Debian's. Throws `missing-tool` with the command to type.
 */
export async function ensureDelve(options: DelveOptions, signal: AbortSignal): Promise<DelveTool> {
  const found = await findDelve(options, signal);
  if (found !== undefined) return found;
  const program = programVersion(options.goVersion);
  const { target = localTarget(), cache = cacheFolder() } = options;
  const go = await findGo(target, signal);
  const choices = go === undefined ? [] : chooseDelve(program, go.release);
  const failures: string[] = [];
  if (options.install !== false) {
    for (const choice of choices.slice(0, 2)) {
      if (go === undefined) break;
      const failure = await buildDelve(go, choice.version, { ...options, target, cache }, signal);
      if (failure === undefined) break;
      failures.push(failure);
      if (isNetworkFailure(failure)) break;
    }
    const built = failures.length < choices.length ? await findDelve(options, signal) : undefined;
    const ready = built ?? (await installDebians(program, options, signal));
    if (ready !== undefined) return ready;
  }
  throw new LabError(`no Delve that reads programs of ${program.text} is installed on ${target.name}`, {
    code: 'missing-tool',
    hint: await hintFor(program, go, choices[0], target, signal),
    ...(failures.length === 0 ? {} : { details: { failures } }),
  });
}

/** The command that installs a pinned Delve, as a person types it. */
export function delveInstallCommand({ version }: PinnedDelve): string {
  return `go install github.com/go-delve/delve/cmd/dlv@v${version}`;
}

async function installDebians(
  program: GoVersion,
  options: DelveOptions,
  signal: AbortSignal,
): Promise<DelveTool | undefined> {
  const { target = localTarget(), log } = options;
  const access = await packageAccess(target, signal);
  if (!canInstall(access)) return undefined;
  const version = (await candidateVersions(target, ['delve'], signal)).get('delve');
  const minor = version === undefined ? undefined : parsePackageMinor(version);
  // Which Go built it shows only after the install; a Delve that does not fit then is not returned.
  if (minor === undefined || !delveFits({ minor }, { minor }, program)) return undefined;
  await aptInstall(target, ['delve'], { access, log }, signal);
  return await findDelve(options, signal);
}

async function hintFor(
  program: GoVersion,
  go: GoTool | undefined,
  choice: PinnedDelve | undefined,
  target: Target,
  signal: AbortSignal,
): Promise<string> {
  if (choice !== undefined) return delveInstallCommand(choice);
  const needed = oldestBuilder(program);
  if (needed === undefined) {
    return `install a Delve that reads ${program.text} and put it on PATH: https://github.com/go-delve/delve/releases`;
  }
  if (go === undefined) return await goInstallCommand(target, signal);
  return `install Go 1.${needed} or newer from https://go.dev/dl/ and put it first on PATH: ${go.release.text} builds no Delve for ${program.text}`;
}

async function delveFolders(
  target: Target,
  go: GoTool | undefined,
  cache: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const fromCache = [join(cache, 'delve-*', 'bin')];
  if (go === undefined) return ['~/go/bin', ...fromCache];
  const { stdout } = await target.exec([go.path, 'env', 'GOBIN', 'GOPATH'], { signal, env: goEnvironment });
  const [bin = '', path = ''] = stdout.split('\n');
  return [bin, ...path.split(':').map((folder) => folder && join(folder, 'bin')), ...fromCache].filter(
    Boolean,
  );
}

function programVersion(goVersion: string): GoVersion {
  const version = parseGoVersion(goVersion);
  if (version !== undefined) return version;
  throw new LabError(`not a Go version: ${goVersion}`, {
    code: 'usage',
    hint: 'give an executable that was built by a released Go',
  });
}
