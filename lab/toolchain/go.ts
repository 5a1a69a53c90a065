import { LabError } from '../errors.js';
import type { Target } from '../targets/target.js';
import { askVersion, locate } from './locate.js';
import { candidateVersions, chooseGoPackage, goPackages, installCommand, packageAccess } from './packages.js';
import { type GoVersion, newerGo, oldestGoMinor, parseGoVersion } from './versions.js';

export interface GoTool {
  readonly path: string;
  /** Without the word, for example `1.26.8`. */
  readonly version: string;
  readonly release: GoVersion;
}

/** Set for every `go` that the lab runs: no other toolchain is fetched behind anyone's back. */
export const goEnvironment: Readonly<Record<string, string>> = { GOTOOLCHAIN: 'local' };

/**
 * What a helper of the lab is built with. What a user has set for builds of their own has no say here, except where modules
 * come from and how they are checked. Without cgo, so that a machine without a C compiler builds the same.
 */
export function helperEnvironment(architecture: string | undefined): Readonly<Record<string, string>> {
  return {
    ...goEnvironment,
    GOFLAGS: '-mod=readonly -buildvcs=false',
    GOWORK: 'off',
    GO111MODULE: 'on',
    CGO_ENABLED: '0',
    GOOS: 'linux',
    ...(architecture === undefined ? {} : { GOARCH: architecture }),
  };
}

/** Where a Go lives that is not on PATH: go.dev's archive, Debian's `golang-1.N-go`, `golang.org/dl`. */
const otherFolders = ['/usr/local/go/bin', '/usr/lib/go-*/bin', '~/sdk/go*/bin'];

/** Go of the target with its version: those of PATH in its order, then the others; one that will do ends the search. */
async function listGos(target: Target, signal: AbortSignal): Promise<readonly GoTool[]> {
  const tools: GoTool[] = [];
  for (const path of await locate(target, 'go', otherFolders, signal)) {
    const tool = await goAt(path, target, signal);
    if (tool !== undefined) tools.push(tool);
    if (tools.length === 1 && (tool?.release.minor ?? 0) >= oldestGoMinor) break;
  }
  return tools;
}

/** Toolchains that the go command fetched by itself. */
const fetchedToolchains = ['~/go/pkg/mod/golang.org/toolchain@*/bin'];

/** Every Go of the target, those in `folders` too. */
export async function listEveryGo(
  target: Target,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<readonly GoTool[]> {
  const places = [...otherFolders, ...fetchedToolchains, ...folders];
  const paths = await locate(target, 'go', places, signal);
  const tools = await Promise.all(paths.map((path) => goAt(path, target, signal)));
  return tools.flatMap((tool) => tool ?? []);
}

async function goAt(path: string, target: Target, signal: AbortSignal): Promise<GoTool | undefined> {
  const release = parseGoVersion(await askVersion(target, [path, 'version'], signal, goEnvironment));
  return release && { path, version: release.text.slice('go'.length), release };
}

/** The first Go of PATH when it is 1.19 or newer, else the newest found elsewhere. */
export async function findGo(target: Target, signal: AbortSignal): Promise<GoTool | undefined> {
  return pickGo(await listGos(target, signal));
}

export function pickGo(tools: readonly GoTool[]): GoTool | undefined {
  const usable = tools.filter(({ release }) => release.minor >= oldestGoMinor);
  const [first] = tools;
  if (first !== undefined && first === usable[0]) return first;
  return usable.toSorted((a, b) => newerGo(a.release, b.release))[0];
}

/** As {@link findGo}; throws `missing-tool` with the command that installs Go. */
export async function requireGo(target: Target, signal: AbortSignal): Promise<GoTool> {
  const tools = await listGos(target, signal);
  const go = pickGo(tools);
  if (go !== undefined) return go;
  const [old] = tools;
  const found = old === undefined ? 'none is installed' : `found ${old.release.text} at ${old.path}`;
  throw new LabError(`Go 1.${oldestGoMinor} or newer is needed on ${target.name}: ${found}`, {
    code: 'missing-tool',
    hint: await goInstallCommand(target, signal),
  });
}

/** What to type to get a Go that is new enough. */
export async function goInstallCommand(target: Target, signal: AbortSignal): Promise<string> {
  const access = await packageAccess(target, signal);
  const candidates = access.kind === 'none' ? undefined : await candidateVersions(target, goPackages, signal);
  // Empty lists say nothing about what apt will know after `apt-get update`.
  const name = candidates?.size === 0 ? 'golang-go' : candidates && chooseGoPackage(candidates);
  return name === undefined
    ? `install Go 1.${oldestGoMinor} or newer from https://go.dev/dl/ and put it on PATH`
    : installCommand([name], access);
}
