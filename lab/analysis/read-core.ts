import type { BulkMemory } from '../core/memory.js';
import type { ThreadRegisters } from '../core/registers.js';
import { type DelveClient, globalScope, smallLoad } from '../delve/client.js';
import type { CallOptions } from '../delve/rpc.js';
import { LabError, messageOf, toLabError } from '../errors.js';
import type { FoldedGoroutines } from '../goruntime/fold.js';
import { type FoldFiles, foldWithHelp, startFoldHelpers } from '../goruntime/fold-helpers.js';
import { readHeapLayout } from '../goruntime/heap/layout.js';
import { latestMoment } from '../goruntime/latest-moment.js';
import { type RuntimeLayout, readRuntimeLayout } from '../goruntime/layout.js';
import type { EvaluateNumber } from '../goruntime/timers.js';
import { type CrossCheck, crossCheck } from './cross-check.js';
import { readSnapshotByDelve } from './delve-snapshot.js';
import type { Diagnosis } from './diagnosis.js';
import { readReached } from './read-reached.js';
import { readSnapshot, type SnapshotSource } from './read-snapshot.js';
import type { Snapshot } from './snapshot.js';
import { delveSymbols } from './symbols.js';
import { openSyncReader } from './sync-reader.js';

type Engine = Diagnosis['stats']['engine'];

export interface CoreReading {
  readonly engine: Engine;
  readonly snapshot: Snapshot;
  readonly checked: CrossCheck;
  /** Absent when everything was read through Delve. */
  readonly layout?: RuntimeLayout;
  /** What was not read as it should have been, and why. */
  readonly limits: readonly string[];
}

export interface CoreSource {
  readonly client: DelveClient;
  readonly memory: BulkMemory;
  /** Where that memory is read from. */
  readonly files: FoldFiles;
  readonly registers: readonly ThreadRegisters[];
  /** Delve's raw list of goroutines is saved here, when there are not too many. */
  readonly rawListFile?: string | undefined;
  /** Which goroutines each stack has is wanted too. */
  readonly members?: boolean | undefined;
  /** `delve` reads no memory by itself. */
  readonly engine?: Engine | undefined;
}

/** Delve is never asked to list more goroutines than this when it need not: it takes minutes, and gigabytes. */
const maxListed = 20_000;

/**
 * Reads the goroutines of a core from its memory, and compares a sample with Delve. When the runtime's layout is
 * not what the reader knows, or the two disagree, Delve's own list is taken instead: slower, never wrong.
 */
export async function readCore(source: CoreSource, options: CallOptions): Promise<CoreReading> {
  const { client, memory, engine = 'core-reader', members = false } = source;
  const limits: string[] = [];
  if (engine === 'core-reader') {
    try {
      const evaluate = (expression: string) => evaluateGlobal(client, expression, options);
      const layout = await readRuntimeLayout(evaluate, memory, options.signal);
      await using helpers = startFoldHelpers(source.files, memory, layout, members);
      const sync = await openSyncReader(evaluate, memory, layout, options.signal);
      // Delve answers these while the goroutines are read.
      const heap = begun(readHeapLayout(evaluate, layout.allgs.base, options.signal));
      const moment = members ? begun(latestMoment(numberOf(client, options))) : undefined;
      const sample = begun(crossCheck(client, memory, layout, undefined, options));
      const folded = await foldWithHelp(helpers, memory, options.signal, sync?.targetOf);
      const found = { layout, sync, folded, sample, moment: await moment };
      const { snapshot, checked } = await readAndCheck(source, found, limits, options);
      if (checked.mismatches === 0) {
        const reachable = { ...source, layout, sync, folded, heapLayout: () => heap };
        const reached = await readReached(reachable, limits, options.signal);
        return { engine, snapshot: { ...snapshot, reached }, checked, layout, limits };
      }
      limits.push(
        `Delve and the core reader disagree about ${checked.mismatches} of ${checked.compared} goroutines; everything was read through Delve, which knows less.`,
      );
    } catch (error) {
      // A runtime that is laid out otherwise shows as a missing field, or as memory that is not there.
      const unknownLayout = error instanceof RangeError || toLabError(error).code === 'undecided';
      if (!unknownLayout || options.signal.aborted) throw error;
      limits.push(
        `The runtime of this program is laid out in an unknown way (${messageOf(error)}); everything was read through Delve, which knows less.`,
      );
    }
  }
  const snapshot = await readSnapshotByDelve(client, options, members);
  return { engine: 'delve', snapshot, checked: { compared: 0, mismatches: 0 }, limits };
}

function numberOf(client: DelveClient, options: CallOptions): EvaluateNumber {
  return async (expression) => {
    const seen = await client.eval(globalScope, expression, options, smallLoad);
    return seen.kind === 'value' && /^\d+$/.test(seen.variable.value)
      ? Number(seen.variable.value)
      : undefined;
  };
}

/** Work that goes on beside other work; whoever waits for it sees a failure. */
function begun<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

interface Found extends Pick<SnapshotSource, 'layout' | 'sync' | 'moment'> {
  readonly folded: FoldedGoroutines;
  /** What a sample of Delve's list comes to. */
  readonly sample: Promise<CrossCheck>;
}

async function readAndCheck(
  { client, memory, rawListFile }: CoreSource,
  { layout, sync, folded, sample, moment }: Found,
  limits: string[],
  options: CallOptions,
): Promise<{ readonly snapshot: Snapshot; readonly checked: CrossCheck }> {
  const symbols = delveSymbols(client);
  const snapshot = await readSnapshot({ symbols, memory, layout, sync, moment }, folded, options);
  if (rawListFile === undefined) return { snapshot, checked: await sample };
  const { total } = snapshot.goroutines;
  if (total > maxListed) {
    limits.push(`Delve's own list was not saved: it would take Delve long for ${total} goroutines.`);
    return { snapshot, checked: await sample };
  }
  await client.saveRawGoroutines(rawListFile, options);
  return { snapshot, checked: await crossCheck(client, memory, layout, rawListFile, options) };
}

/** Two levels deep reaches `recvq.first` and `sched.pc`. */
export async function evaluateGlobal(client: DelveClient, expression: string, options: CallOptions) {
  const load = { ...smallLoad, FollowPointers: false, MaxVariableRecurse: 2, MaxArrayValues: 1 };
  const seen = await client.eval(globalScope, expression, options, load);
  if (seen.kind === 'value') return seen.variable;
  throw new LabError(`Delve cannot evaluate ${expression}: ${seen.reason}`, {
    code: 'undecided',
    hint: 'Pass the unstripped executable of the same build with --exe.',
  });
}
