import type { Executable } from '../../core/executable.js';
import type { CheckedPair } from '../../core/pair.js';
import { toLabError } from '../../errors.js';
import type { Emit } from '../../events.js';
import { cacheFolder } from '../../paths.js';
import { recordedLibrary } from '../../source/library-paths.js';
import {
  isInterrupted,
  type LoadingSources,
  loadSources,
  type Sources,
  whyNoFacts,
  withoutSources,
} from '../../source/sources.js';
import type { FactsTool } from '../../toolchain/facts.js';
import type { Snapshot } from '../model/snapshot.js';
import { packagesWaitedIn, stacksOf } from '../model/source-stacks.js';
import { notWanted } from './process-facts.js';

/** The sources of the program, loaded while others open its core. */
export interface OpeningSources extends AsyncDisposable {
  of(snapshot: Snapshot): Promise<Sources>;
}

/**
 * Has the helper read the sources. Whatever keeps it from that costs the sources and not the diagnosis: then they are
 * absent, and say why.
 */
export function openSources(
  { exe }: CheckedPair,
  options: SourceOptions,
  emit: Emit,
  signal: AbortSignal,
): OpeningSources {
  return openSourcesOf(options.noSource === true ? notWanted : exe, options, emit, signal);
}

export interface SourceOptions {
  readonly exe: string;
  /** Path of the helper that reads sources; one that fits is found or built when not given. */
  readonly facts?: string | undefined;
  /** Prefixes of source paths as compiled, and where those sources lie here. */
  readonly sourceMap?: readonly { readonly from: string; readonly to: string }[] | undefined;
  /** Where the `GOROOT` that the program was built with lies here. */
  readonly goRoot?: string | undefined;
  /** Look at no source. */
  readonly noSource?: boolean | undefined;
}

/** The same of an executable without a core, or why there are none. */
export function openSourcesOf(
  exe: Executable | string,
  options: SourceOptions,
  emit: Emit,
  signal: AbortSignal,
): OpeningSources {
  const opening: Promise<LoadingSources | string> =
    typeof exe === 'string' ? Promise.resolve(exe) : start(exe, options, emit, signal);
  const mainModule = typeof exe === 'string' ? undefined : exe.build?.mainModule;
  return {
    async of(snapshot) {
      const stacks = stacksOf(snapshot);
      const without = (why: string) => withoutSources(why, stacks, recordedLibrary(stacks, mainModule));
      const loading = await opening;
      if (typeof loading === 'string') return without(loading);
      try {
        return await loading.withStacks(stacks, packagesWaitedIn(snapshot.buckets));
      } catch (error) {
        if (signal.aborted || isInterrupted(error)) throw error;
        return without(`the sources could not be read: ${whyNoFacts(error)}`);
      }
    },
    async [Symbol.asyncDispose]() {
      const loading = await opening;
      if (typeof loading !== 'string') await loading[Symbol.asyncDispose]();
    },
  };
}

async function start(
  { goVersion: builtBy, buildId: id }: Executable,
  { exe, sourceMap = [], goRoot, facts }: SourceOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<LoadingSources | string> {
  try {
    const goVersion = builtBy ?? 'unknown';
    const tool = facts === undefined ? await toolFor(goVersion, emit, signal) : undefined;
    const caution =
      tool?.newEnough === false
        ? olderThan(goVersion, tool)
        : tool !== undefined && goRoot === undefined && (await isWithoutGo(tool, signal))
          ? withoutLibrary(goVersion)
          : undefined;
    const buildId = id.gnu ?? id.go;
    return await loadSources({
      ...{ exe, buildId, helper: facts ?? tool?.path ?? '', sourceMap, goRoot, otherGoRoot: tool?.goRoot },
      ...{ cacheDir: cacheFolder(), caution, signal },
      onProgress: (text) => emit({ type: 'note', text }),
    });
  } catch (error) {
    if (signal.aborted || isInterrupted(error)) throw error;
    const { message, hint } = toLabError(error);
    return `the sources were not read: ${message}${hint === undefined ? '' : ` (${hint})`}`;
  }
}

/** Loaded only when needed: the analysis itself needs neither targets nor package managers. */
async function toolFor(goVersion: string, emit: Emit, signal: AbortSignal): Promise<FactsTool> {
  const { ensureFacts } = await import('../../toolchain/facts.js');
  return await ensureFacts({ goVersion, emit }, signal);
}

/** A helper that came with a package brings no library of Go along. */
async function isWithoutGo({ goRoot }: FactsTool, signal: AbortSignal): Promise<boolean> {
  if (goRoot !== undefined) return false;
  const { isGoHere } = await import('../../toolchain/facts.js');
  return !(await isGoHere(signal));
}

const withoutLibrary = (goVersion: string) =>
  `No Go is installed here, and sources cannot be read without its library: install ${goVersion}, or name a copy of it ` +
  'with --go-root.';

/** A type checker knows the language of its own Go and of those before: functions that use more are left out. */
const olderThan = (goVersion: string, { builtWith }: FactsTool) =>
  `The sources were read by ${builtWith.text} and the program was built by ${goVersion}: what is new in that is not ` +
  `understood. Install a Go as new as the program's to have all of it read.`;
