import type { CheckedPair } from '../core/pair.js';
import { toLabError } from '../errors.js';
import type { Emit } from '../events.js';
import { cacheFolder } from '../paths.js';
import { recordedLibrary } from '../source/library-paths.js';
import {
  isInterrupted,
  type LoadingSources,
  loadSources,
  type Sources,
  whyNoFacts,
  withoutSources,
} from '../source/sources.js';
import type { AnalyzeOptions } from './analyze-core.js';
import { notWanted } from './process-facts.js';
import { packagesWaitedIn, stacksOf } from './releasers/context.js';
import type { Snapshot } from './snapshot.js';

/** The sources of the program, loaded while others open its core. */
export interface OpeningSources extends AsyncDisposable {
  of(snapshot: Snapshot): Promise<Sources>;
}

/**
 * Has the helper read the sources. Whatever keeps it from that costs the sources and not the diagnosis: then they are
 * absent, and say why.
 */
export function openSources(
  pair: CheckedPair,
  options: Pick<AnalyzeOptions, 'exe' | 'sourceMap' | 'goRoot' | 'noSource' | 'facts'>,
  emit: Emit,
  signal: AbortSignal,
): OpeningSources {
  const opening: Promise<LoadingSources | string> =
    options.noSource === true ? Promise.resolve(notWanted) : start(pair, options, emit, signal);
  return {
    async of(snapshot) {
      const stacks = stacksOf(snapshot);
      const without = (why: string) =>
        withoutSources(why, stacks, recordedLibrary(stacks, pair.exe.build?.mainModule));
      const loading = await opening;
      if (typeof loading === 'string') return without(loading);
      try {
        return await loading.withStacks(stacks, packagesWaitedIn(snapshot.cells));
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
  pair: CheckedPair,
  { exe, sourceMap = [], goRoot, facts }: Pick<AnalyzeOptions, 'exe' | 'sourceMap' | 'goRoot' | 'facts'>,
  emit: Emit,
  signal: AbortSignal,
): Promise<LoadingSources | string> {
  try {
    const helper = facts ?? (await helperFor(pair.exe.goVersion ?? 'unknown', emit, signal));
    const buildId = pair.exe.buildId.gnu ?? pair.exe.buildId.go;
    return await loadSources({
      ...{ exe, buildId, helper, sourceMap, goRoot, cacheDir: cacheFolder(), signal },
      onProgress: (text) => emit({ type: 'note', text }),
    });
  } catch (error) {
    if (signal.aborted || isInterrupted(error)) throw error;
    const { message, hint } = toLabError(error);
    return `the sources were not read: ${message}${hint === undefined ? '' : ` (${hint})`}`;
  }
}

/** Loaded only when needed: the analysis itself needs neither targets nor package managers. */
async function helperFor(goVersion: string, emit: Emit, signal: AbortSignal): Promise<string> {
  const { ensureFacts } = await import('../toolchain/facts.js');
  return (await ensureFacts({ goVersion, emit }, signal)).path;
}
