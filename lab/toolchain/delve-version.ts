import { readExecutable } from '../core/executable.js';
import { localTarget } from '../targets/local.js';
import type { Target } from '../targets/target.js';
import { askVersion } from './locate.js';
import {
  type DelveVersion,
  type GoVersion,
  parseDelveBuilder,
  parseDelveVersion,
  parseGoVersion,
} from './versions.js';

export interface ListedDelve {
  readonly path: string;
  /** For example `1.27.2`. */
  readonly version: string;
  readonly release: DelveVersion;
  /** The Go that built it; `undefined` when it does not say. */
  readonly builtWith: GoVersion | undefined;
}

/** Asks a program called `dlv` which Delve it is; empty when it is none. */
export async function describeDelve(
  path: string,
  target: Target,
  signal: AbortSignal,
): Promise<readonly ListedDelve[]> {
  const output = await askVersion(target, [path, 'version', '-v'], signal);
  const release = parseDelveVersion(output);
  if (release === undefined) return [];
  return [{ path, version: release.text, release, builtWith: parseDelveBuilder(output) }];
}

/** The same for a program of this machine: what Go's linker wrote into it is read, and it is run only without that. */
export async function describeDelveHere(path: string, signal: AbortSignal): Promise<readonly ListedDelve[]> {
  const listed = await fromBuildInfo(path, signal);
  return listed === undefined ? await describeDelve(path, localTarget(), signal) : [listed];
}

/** `undefined` for what is no Delve that `go install` built from a release: distributions and checkouts record none. */
async function fromBuildInfo(path: string, signal: AbortSignal): Promise<ListedDelve | undefined> {
  // A script that starts Delve, for example, is no such file.
  const build = (await readExecutable(path, signal).catch(() => undefined))?.build;
  signal.throwIfAborted();
  if (build?.path !== 'github.com/go-delve/delve/cmd/dlv') return undefined;
  const [, version] = /^v(1\.\d+\.\d+)$/.exec(build.mainVersion) ?? [];
  const release = version === undefined ? undefined : parseDelveVersion(`Version: ${version}`);
  if (release === undefined) return undefined;
  return { path, version: release.text, release, builtWith: parseGoVersion(build.goVersion) };
}
