import type { Emit } from '../events.js';
import type { Target } from '../targets/target.js';
import { ensureDelve } from '../toolchain/delve.js';
import { delveFits, windowOf } from '../toolchain/delve-choice.js';
import { ensureDelveRelease } from '../toolchain/delve-release.js';
import { findGo, type GoTool, requireGo } from '../toolchain/go.js';
import { ensureGoRelease } from '../toolchain/go-release.js';
import { parseDelveVersion } from '../toolchain/versions.js';
import type { ToolPair } from './matrix.js';

export interface ToolsAsked {
  /** Versions; the Go at hand when none is named. */
  readonly go: readonly string[];
  /** Versions; the Delve that fits each Go when none is named. */
  readonly delve: readonly string[];
}

/** Every Go that was asked for, each once. */
export async function resolveGos(
  asked: readonly string[],
  target: Target,
  emit: Emit,
  signal: AbortSignal,
): Promise<readonly GoTool[]> {
  if (asked.length === 0) return [await requireGo(target, signal)];
  const gos: GoTool[] = [];
  for (const wanted of asked) gos.push(await ensureGoRelease({ wanted, target, emit }, signal));
  return onceEach(gos);
}

/** Every Go with every Delve that was asked for; a pair that does not fit says why. */
export async function resolvePairs(
  { go: askedGo, delve: askedDelve }: ToolsAsked,
  target: Target,
  emit: Emit,
  signal: AbortSignal,
): Promise<readonly ToolPair[]> {
  const gos = await resolveGos(askedGo, target, emit, signal);
  const pairs: ToolPair[] = [];
  if (askedDelve.length === 0) {
    for (const go of gos) {
      pairs.push({ go, delve: await ensureDelve({ goVersion: go.release.text, target, emit }, signal) });
    }
    return pairs;
  }
  const programs = gos.map(({ release }) => release);
  const ours = await findGo(target, signal);
  const builders = onceEach([...gos, ...(ours === undefined ? [] : [ours])]);
  const delves = [];
  for (const wanted of askedDelve) {
    delves.push(await ensureDelveRelease({ wanted, programs, builders, target, emit }, signal));
  }
  for (const go of gos) {
    for (const delve of onceEach(delves)) {
      const { release, builtWith } = delve;
      const unfit = delveFits(release, builtWith, go.release) ? undefined : whyUnfit(delve.version, go);
      pairs.push({ go, delve, ...(unfit === undefined ? {} : { unfit }) });
    }
  }
  return pairs;
}

/** Why a Delve does not read what a Go builds, in a sentence. */
export function whyUnfit(delve: string, { release }: Pick<GoTool, 'release'>): string {
  const minor = parseDelveVersion(`Version: ${delve}`)?.minor ?? 0;
  const window = windowOf({ minor });
  if (window === undefined) return `the lab does not work with Delve ${delve}`;
  if (release.minor >= window.oldest && release.minor <= window.newest) {
    return `Delve ${delve} was built with a Go older than 1.25 and does not read the DWARF 5 of ${release.text}`;
  }
  return `Delve ${delve} reads programs of Go 1.${window.oldest} to 1.${window.newest} only`;
}

function onceEach<T extends { readonly version: string }>(tools: readonly T[]): readonly T[] {
  return tools.filter((tool, i) => tools.findIndex(({ version }) => version === tool.version) === i);
}
