import { archOf } from '../../core/arch.js';
import type { FunctionTable } from '../../core/function-table.js';
import { readVariables, type Variables } from '../../core/variable-names.js';
import { messageOf, toLabError } from '../../errors.js';
import { foldWithHelp, startFoldHelpers } from '../../goruntime/fold-helpers.js';
import { readHeapLayout } from '../../goruntime/heap/layout.js';
import { latestMoment } from '../../goruntime/latest-moment.js';
import { type RuntimeLayout, readRuntimeLayout } from '../../goruntime/layout.js';
import { savedUnwinder } from '../../goruntime/unwind.js';
import type { Limits } from '../model/limits.js';
import type { Snapshot } from '../model/snapshot.js';
import { type CrossCheck, crossCheck } from './cross-check.js';
import { delveEngine } from './delve-engine.js';
import { evaluateGlobal, numbersByDelve } from './delve-values.js';
import type { Engine } from './engine.js';
import { leadersTo } from './leaders-to.js';
import { networkEndsOf } from './network-ends.js';
import { type HeapSource, heapOpener } from './open-heap.js';
import { answersOf, type OpenedCore, openedCore } from './opened-core.js';
import { ownFunctionTable } from './own-function-table.js';
import { readPipePeers } from './pipe-peers.js';
import { readPools } from './pools.js';
import { unsureMatch } from './process-facts.js';
import { readReached } from './reachability.js';
import { reachedBesides } from './reached-besides.js';
import { readSnapshot } from './read-snapshot.js';
import { withStoppedTimers } from './stopped-timers.js';
import { readStreamWriters } from './stream-writers.js';
import { delveSymbols, type Symbols, tableSymbols } from './symbols.js';
import { openSyncReader, type SyncReader } from './sync-reader.js';
import { readUnreadAnswers } from './unread-answers.js';
import { waitFactsOf } from './wait-facts.js';
import { readWaitingCommands } from './waiting-commands.js';

interface CoreWants {
  /** Delve's raw list of goroutines is saved here, when there are not too many. */
  readonly rawListFile: string | undefined;
  /** Which goroutines each stack has is wanted too. */
  readonly members: boolean;
  /** By what objects are reached is wanted too. */
  readonly roots: boolean;
}

/** The engine for a core that a session of Delve has open; `byList` reads no memory by itself. */
export function openCore(
  core: Pick<OpenedCore, 'pair' | 'session'> & { readonly signal: AbortSignal },
  { byList, ...wants }: CoreWants & { readonly byList: boolean },
): Engine {
  const opened = openedCore(core);
  return byList ? delveEngine(opened, wants) : coreEngine(opened, wants);
}

/** Delve is never asked to list more goroutines than this when it need not: it takes minutes, and gigabytes. */
const maxListed = 20_000;

/**
 * Reads the goroutines of a core from its memory, and compares a sample with Delve. When the runtime's layout is
 * not what the reader knows, or the two disagree, Delve's own list is taken instead: slower, never wrong.
 */
function coreEngine(opened: OpenedCore, wants: CoreWants): Engine {
  const byDelve = delveEngine(opened, wants);
  return {
    ...byDelve,
    async read() {
      const ours = await readByMemory(opened, wants);
      if (ours.kind === 'unknown') {
        const theirs = await byDelve.read();
        return { ...theirs, limits: [...ours.limits, ...theirs.limits] };
      }
      const { snapshot, checked, layout, variables, limits } = ours;
      return {
        ...{ kind: 'read', engine: 'core-reader', snapshot, checked, variables },
        ...answersOf(opened, snapshot, layout),
        networkEnds: (wanted) =>
          networkEndsOf(
            { ...factsSource(opened, layout), goVersion: opened.pair.exe.goVersion ?? '' },
            wanted,
            opened.call.signal,
          ),
        waitFacts: (goroutines) => waitFactsOf(factsSource(opened, layout), goroutines, opened.call.signal),
        limits: [...limits, ...unsureMatch(opened.pair)],
      };
    },
  };
}

const factsSource = ({ session: { client }, memory, call }: OpenedCore, layout: RuntimeLayout) => ({
  ...{ memory, layout },
  evaluate: (expression: string) => evaluateGlobal(client, expression, call),
  moment: () => latestMoment(numbersByDelve(client, call)),
});

type MemoryReading =
  | {
      readonly kind: 'read';
      readonly snapshot: Snapshot;
      readonly checked: CrossCheck;
      readonly layout: RuntimeLayout;
      readonly variables: Variables | undefined;
      readonly limits: Limits;
    }
  /** The runtime is laid out otherwise than the reader knows. */
  | { readonly kind: 'unknown'; readonly limits: Limits };

async function readByMemory(opened: OpenedCore, wants: CoreWants): Promise<MemoryReading> {
  const { memory, call } = opened;
  const { client } = opened.session;
  const { exe, core } = opened.pair;
  try {
    const evaluate = (expression: string) => evaluateGlobal(client, expression, call);
    const layout = await readRuntimeLayout(evaluate, memory, call.signal);
    const files = { exe: exe.path, core: core.path };
    await using helpers = startFoldHelpers(files, memory, layout, wants.members);
    const sync = await openSyncReader(evaluate, memory, layout, call.signal);
    // Delve answers these while the goroutines are read.
    const heap = begun(readHeapLayout(evaluate, layout.allgs.base, call.signal));
    const moment = wants.members ? begun(latestMoment(numbersByDelve(client, call))) : undefined;
    const sample = begun(crossCheck(client, memory, layout, undefined, call));
    const folded = await foldWithHelp(helpers, memory, call.signal, sync?.targetOf);
    let table: ReturnType<typeof ownFunctionTable> | undefined;
    const functionTable = () => {
      table ??= ownFunctionTable(evaluate, memory, call.signal);
      return table;
    };
    const symbols = delveSymbols(client, () => symbolsAsLeft(opened, layout, functionTable));
    const source = { symbols, memory, layout, sync, moment: await moment };
    const { snapshot: plain, limits } = await readSnapshot(source, folded, call);
    const snapshot = await withStoppedTimers(plain, { evaluate, memory, layout }, call.signal);
    const { checked, limits: unsaved } = await check(
      opened,
      { layout, total: snapshot.goroutines.total },
      wants,
      sample,
    );
    if (checked.mismatches > 0) {
      const line = `Delve and the core reader disagree about ${checked.mismatches} of ${checked.compared} goroutines; everything was read through Delve, which knows less.`;
      return { kind: 'unknown', limits: [...unsaved, line] };
    }
    const stacks = { arch: archOf(exe.arch), functionTable };
    const variables = wants.roots ? await readVariables(opened.pair, call.signal) : undefined;
    const reachable = {
      ...{ memory, layout, sync, registers: core.registers, folded, heapLayout: () => heap },
      ...stacks,
      variables,
    };
    const { reached, limits: unreached } = await readReached(reachable, call.signal);
    const held = await readHeld(
      {
        ...{ evaluate, call, sync, layout, folded, memory, registers: core.registers },
        ...{ heapLayout: () => heap, listTypes: (names) => client.listTypes(names, call) },
        ...stacks,
      },
      snapshot,
    );
    return {
      ...{ kind: 'read', checked, layout, variables },
      snapshot: { ...snapshot, reached, ...held.parts },
      limits: [...unsaved, ...unreached, ...held.limits, ...limits],
    };
  } catch (error) {
    // A runtime that is laid out otherwise shows as a missing field, or as memory that is not there.
    const unknownLayout = error instanceof RangeError || toLabError(error).code === 'undecided';
    if (!unknownLayout || call.signal.aborted) throw error;
    const line = `The runtime of this program is laid out in an unknown way (${messageOf(error)}); everything was read through Delve, which knows less.`;
    return { kind: 'unknown', limits: [line] };
  }
}

/** For stacks that Delve does not show, by the program's own table; `undefined` where calls do not push their return address. */
async function symbolsAsLeft(
  { pair, memory }: Pick<OpenedCore, 'pair' | 'memory'>,
  layout: RuntimeLayout,
  functionTable: () => Promise<FunctionTable | undefined>,
): Promise<Symbols | undefined> {
  const arch = archOf(pair.exe.arch);
  const table = arch !== undefined && arch.callBytes > 0 ? await functionTable() : undefined;
  if (arch === undefined || table === undefined) return undefined;
  return tableSymbols(table, savedUnwinder(memory, table, layout, arch));
}

/** Who has what others wait for, as the heap tells it. */
async function readHeld(
  {
    sync,
    layout: runtime,
    call: { signal },
    ...source
  }: Pick<OpenedCore, 'call' | 'memory'> & {
    readonly sync: SyncReader | undefined;
    readonly layout: RuntimeLayout;
  } & Pick<
      HeapSource,
      'evaluate' | 'listTypes' | 'folded' | 'registers' | 'heapLayout' | 'arch' | 'functionTable'
    >,
  snapshot: Snapshot,
): Promise<{
  readonly parts: Pick<
    Snapshot,
    | 'pools'
    | 'pipePeers'
    | 'waitingCommands'
    | 'unreadAnswers'
    | 'streamWriters'
    | 'reachedBesides'
    | 'leadersTo'
  >;
  readonly limits: Limits;
}> {
  if (sync === undefined) return { parts: { pools: [] }, limits: [] };
  const heap = { ...source, runtime, otherTarget: sync.targetOf, semaphores: sync.semaphores };
  const ask = heapOpener(heap, snapshot, signal);
  const withRegisters = source.registers.length > 0;
  const pools = await readPools(ask, snapshot, withRegisters, signal);
  const pipes = withRegisters ? await readPipePeers(ask, snapshot, signal) : undefined;
  const commands = withRegisters ? await readWaitingCommands(ask, snapshot, signal) : undefined;
  const answers = withRegisters ? await readUnreadAnswers(ask, snapshot, signal) : undefined;
  const streams = withRegisters ? await readStreamWriters(ask, snapshot, signal) : undefined;
  return {
    parts: {
      pools: pools.pools,
      ...(answers === undefined ? {} : { unreadAnswers: answers.unread }),
      ...(streams === undefined ? {} : { streamWriters: streams.writers }),
      ...(withRegisters
        ? { reachedBesides: reachedBesides(ask, signal), leadersTo: leadersTo(ask, signal) }
        : {}),
      ...(pipes?.peers && { pipePeers: pipes.peers }),
      ...(commands === undefined ? {} : { waitingCommands: commands.waiting }),
    },
    limits: [
      ...pools.limits,
      ...(pipes?.limits ?? []),
      ...(commands?.limits ?? []),
      ...(answers?.limits ?? []),
      ...(streams?.limits ?? []),
    ],
  };
}

/** Work that goes on beside other work; whoever waits for it sees a failure. */
function begun<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** Compares with Delve's whole list where that is to be saved and not too long, else with a sample of it. */
async function check(
  { session: { client }, memory, call }: OpenedCore,
  { layout, total }: { readonly layout: RuntimeLayout; readonly total: number },
  { rawListFile }: CoreWants,
  sample: Promise<CrossCheck>,
): Promise<{ readonly checked: CrossCheck; readonly limits: Limits }> {
  if (rawListFile === undefined) return { checked: await sample, limits: [] };
  if (total > maxListed) {
    const line = `Delve's own list was not saved: it would take Delve long for ${total} goroutines.`;
    return { checked: await sample, limits: [line] };
  }
  await client.saveRawGoroutines(rawListFile, call);
  return { checked: await crossCheck(client, memory, layout, rawListFile, call), limits: [] };
}
