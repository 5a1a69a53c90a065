import { checkPair } from '../core/pair.js';
import { type LaunchDelve, launchDelveCore } from '../delve/launch.js';
import { messageOf, toLabError } from '../errors.js';
import type { Emit } from '../events.js';
import { allPrintable } from '../printable.js';
import type { Beside, Listeners } from './analyze.js';
import type { Diagnosis } from './model/diagnosis.js';
import type { SourceOptions } from './read/open-sources.js';
import type { WithoutDelve } from './read/stripped-engine.js';
import { tellIfLong } from './tell-if-long.js';

export interface AnalyzeOptions extends SourceOptions, Listeners, Beside {
  readonly core: string;
  /** Path of dlv; one that fits the program is found or built when not given. */
  readonly delve?: string | undefined;
  /** Opens the core in a Delve of another machine; one of this machine is started when not given. */
  readonly launch?: LaunchDelve | undefined;
  /** Delve's raw list of goroutines is saved here. */
  readonly rawListFile?: string | undefined;
  /** `delve`: read everything through Delve, as is done for a runtime of unknown layout. */
  readonly engine?: Diagnosis['stats']['engine'] | undefined;
}

const startTimeoutMs = 60_000;

/**
 * Diagnoses any Go core. Throws `usage` when the files are not what they should be or do not belong together,
 * `missing-tool` without a Delve that fits, `undecided` when Delve gives up, `interrupted`.
 */
export async function analyzeCore(
  options: AnalyzeOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const diagnosis = await analyzePair(options, emit, signal);
  // Whoever ended it, if only in its last moment, is not told a result.
  signal.throwIfAborted();
  // What a core says is shown in terminals and pages.
  return allPrintable(diagnosis);
}

async function analyzePair(options: AnalyzeOptions, emit: Emit, signal: AbortSignal): Promise<Diagnosis> {
  const began = performance.now();
  const pair = await checkPair(options.exe, options.core, signal);
  const { openSources } = await import('./read/open-sources.js');
  await using sources = openSources(pair, options, emit, signal);
  const members = options.onRoster !== undefined;
  const roots = options.leakProfile !== undefined;
  const withoutDelve = async (reason: WithoutDelve): Promise<Diagnosis> => {
    const [{ strippedEngine }, { analyze }] = await Promise.all([
      import('./read/stripped-engine.js'),
      import('./analyze.js'),
    ]);
    await using engine = strippedEngine(pair, reason, { members, roots, signal });
    return await analyze({ engine, sources, began }, options, emit, signal);
  };
  if (!pair.exe.hasDebugInfo) return await withoutDelve({ kind: 'stripped' });
  if (pair.exe.goVersion === undefined && options.delve === undefined && options.launch === undefined) {
    return await withoutDelve({ kind: 'unreadable', why: 'it does not say which Go built it' });
  }
  const { exe, core, launch } = options;
  const files = { exe, core, startTimeoutMs };
  const launchHere = async (): Promise<LaunchDelve> => {
    const dlv = options.delve ?? (await delveFor(pair.exe.goVersion ?? 'unknown', emit, signal));
    return (opened, until) => launchDelveCore({ dlv, ...opened }, until);
  };
  const start = launch ?? (await launchHere());
  // Delve needs a while to open a core. What makes the diagnosis is loaded meanwhile, and not before.
  const opening = start(files, signal);
  opening.catch(() => undefined);
  const [{ openCore }, { analyze }] = await Promise.all([
    import('./read/core-engine.js'),
    import('./analyze.js'),
  ]);
  try {
    await using session = await tellIfLong(emit, 'Delve opens the core', () => opening);
    const wants = { rawListFile: options.rawListFile, members, roots, byList: options.engine === 'delve' };
    await using engine = openCore({ pair, session, signal }, wants);
    return await analyze({ engine, sources, began }, options, emit, signal);
  } catch (error) {
    if (signal.aborted || !mayComeOfDamage(error)) throw error;
    return await withoutDelve({ kind: 'unreadable', why: messageOf(error) });
  }
}

/**
 * The files belong together, so what is wrong is within them; tools and permissions are another matter, and so is a Delve
 * that somebody killed: with it the same files may be read well.
 */
function mayComeOfDamage(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  const { code, details } = toLabError(error);
  return ['undecided', 'usage'].includes(code) && typeof details['signal'] !== 'string';
}

/** Loaded only when needed: the analysis itself needs neither targets nor package managers. */
async function delveFor(goVersion: string, emit: Emit, signal: AbortSignal): Promise<string> {
  const { ensureDelve } = await import('../toolchain/delve.js');
  return (await ensureDelve({ goVersion, install: true, emit }, signal)).path;
}
