import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { cacheFolder } from '../paths.js';
import { localTarget } from '../targets/local.js';
import type { Target } from '../targets/target.js';
import { listDelves } from './delve.js';
import { buildDelve, isNetworkFailure } from './delve-build.js';
import { delveFits, pinnedDelves, windowOf } from './delve-choice.js';
import type { ListedDelve } from './delve-version.js';
import type { GoTool } from './go.js';
import { type GoVersion, newerGo, parseGoVersion } from './versions.js';

export interface DelveReleaseOptions {
  /** `1.24` for the newest of a minor, or one release: `1.24.2`. */
  readonly wanted: string;
  /** The Gos whose programs it is to read, as far as a Delve of that version does at all. */
  readonly programs: readonly GoVersion[];
  /** The Gos that may build it. */
  readonly builders: readonly GoTool[];
  readonly target?: Target;
  readonly cache?: string;
  readonly emit?: Emit | undefined;
}

/**
 * A Delve of that version: one at hand that was built by a Go new enough for the programs, else built into the
 * cache. Whether it reads a certain program is for {@link delveFits} to say. Throws `usage` for what is no
 * version the lab works with, `missing-tool` with the compiler's words.
 */
export async function ensureDelveRelease(
  options: DelveReleaseOptions,
  signal: AbortSignal,
): Promise<ListedDelve> {
  const { target = localTarget(), cache = cacheFolder(), programs, builders } = options;
  const wanted = options.wanted.replace(/^v/, '');
  const [, minorText] = /^1\.(\d+)(?:\.\d+)?$/.exec(wanted) ?? [];
  const minor = Number(minorText);
  const window = minorText === undefined ? undefined : windowOf({ minor });
  if (window === undefined) {
    throw new LabError(`${options.wanted} is no version of Delve that the lab works with`, {
      code: 'usage',
      hint: 'name one from 1.20 on, for example --dlv 1.24 or --dlv 1.24.2',
    });
  }
  const within = programs.filter((go) => go.minor >= window.oldest && go.minor <= window.newest);
  const readsAll = ({ release, builtWith }: ListedDelve): boolean =>
    within.every((program) => delveFits(release, builtWith, program));
  const find = async () => chooseDelveRelease(wanted, await listDelves(target, cache, signal), readsAll);

  const found = await find();
  if (found !== undefined && readsAll(found)) return found;
  const pinned = pinnedDelves.find(({ version }) => version.startsWith(`1.${minor}.`));
  const version = wanted.split('.').length === 3 ? wanted : (pinned?.version ?? wanted);
  const needs = pinned?.needs ?? minor - 2;
  const able = builders.filter(({ release }) => release.minor >= needs);
  const failures: string[] = [];
  for (const go of able.toSorted((a, b) => newerGo(a.release, b.release))) {
    const failure = await buildDelve(go, version, { target, cache, emit: options.emit }, signal);
    const built = failure === undefined ? await find() : undefined;
    if (built !== undefined) return built;
    failures.push(`with ${go.release.text}: ${failure ?? 'it does not run'}`);
    if (isNetworkFailure(failure ?? '')) break;
  }
  if (found !== undefined) return found;
  const why = able.length === 0 ? `no Go 1.${needs} or newer is available to build it` : failures.join('\n');
  throw new LabError(`Delve ${wanted} is not available and cannot be built: ${why}`, {
    code: 'missing-tool',
    hint: `try it by hand: go install github.com/go-delve/delve/cmd/dlv@v${version}`,
  });
}

/** Of the Delves at hand one of that version: rather one that reads all, then the newest by the newest Go. */
export function chooseDelveRelease(
  wanted: string,
  atHand: readonly ListedDelve[],
  readsAll: (delve: ListedDelve) => boolean,
): ListedDelve | undefined {
  const builder = ({ builtWith }: ListedDelve): GoVersion => builtWith ?? oldest;
  return atHand
    .filter(({ version }) => version === wanted || version.startsWith(`${wanted}.`))
    .toSorted(
      (a, b) =>
        Number(readsAll(b)) - Number(readsAll(a)) ||
        b.release.patch - a.release.patch ||
        newerGo(builder(a), builder(b)),
    )[0];
}

const oldest = parseGoVersion('go1.0') ?? { text: 'go1.0', minor: 0, patch: 0 };
