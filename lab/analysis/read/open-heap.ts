import type { Arch } from '../../core/arch.js';
import type { FunctionTable } from '../../core/function-table.js';
import { messageOf, toLabError } from '../../errors.js';
import type { EvaluateGlobal } from '../../goruntime/fields.js';
import type { HeapLayout } from '../../goruntime/heap/layout.js';
import { liveWordsReader } from '../../goruntime/heap/live-words.js';
import { allGoroutines } from '../../goruntime/heap/reach.js';
import type { ReachSource } from '../../goruntime/heap/reach-source.js';
import { type HeapSpans, readSpans } from '../../goruntime/heap/spans.js';
import { mostGoroutines, type UnitHolder } from '../../goruntime/pools/holders.js';
import type { ListTypes } from '../../goruntime/pools/puddle-layout.js';
import { isLibraryFunction } from '../../source/library-paths.js';
import type { Frame } from '../model/frames.js';
import { isPoolCode } from '../model/frames.js';
import type { Limits } from '../model/limits.js';
import type { StackHolder } from '../model/pool.js';
import type { Snapshot } from '../model/snapshot.js';

export interface HeapSource extends Omit<ReachSource, 'heap'> {
  readonly evaluate: EvaluateGlobal;
  readonly listTypes: ListTypes;
  /** Throws `undecided` when the heap is laid out in an unknown way. */
  readonly heapLayout: () => Promise<HeapLayout>;
  readonly arch: Arch | undefined;
  readonly functionTable: () => Promise<FunctionTable | undefined>;
}

/** A holder with the frames from the one on that has the pointer: the frame of the holder is the program's. */
export interface FoundHolder extends StackHolder {
  readonly inner: readonly Frame[];
}

/** The heap of a core, opened to be asked who has what. */
export interface OpenHeap {
  readonly reach: ReachSource;
  readonly spans: HeapSpans;
  /** As `reach`, of stacks only what is needed still, where the compiler's maps tell that. */
  readonly needed: () => Promise<ReachSource>;
  readonly evaluate: EvaluateGlobal;
  readonly listTypes: ListTypes;
  /** Address of the `g` of each goroutine, by its id. */
  readonly known: ReadonlyMap<number, number>;
  /** The bucket and the frame of those who hold something; `undefined` of a goroutine that is not known. */
  readonly holderOf: (holder: UnitHolder) => FoundHolder | undefined;
}

/** Opens the heap when it is first asked for; what several questions need is read once. */
export function heapOpener(source: HeapSource, snapshot: Snapshot, signal: AbortSignal) {
  let opened: Promise<OpenHeap> | undefined;
  const open = async (): Promise<OpenHeap> => {
    const heap = await source.heapLayout();
    const reach: ReachSource = { ...source, heap };
    const needed = async (): Promise<ReachSource> => ({
      ...reach,
      liveWords: liveWordsReader(reach, source.arch, await source.functionTable()),
    });
    let read: Promise<ReachSource> | undefined;
    return {
      ...{ reach, spans: readSpans(source.memory, heap, signal), evaluate: source.evaluate },
      listTypes: source.listTypes,
      known: goroutinesById(reach, signal),
      holderOf: holderFinder(snapshot, reach),
      needed: () => {
        read ??= needed();
        return read;
      },
    };
  };
  /**
   * What `ask` answers, and `nothing` where the heap cannot be read, which `limits` tells; `what` was asked begins a
   * sentence. Nobody is asked where there are too many goroutines to look at each.
   */
  return async <T>(
    what: string,
    nothing: T,
    ask: (heap: OpenHeap) => Promise<T>,
  ): Promise<{ readonly found: T; readonly limits: Limits }> => {
    if (source.runtime.allgs.length > mostGoroutines) return { found: nothing, limits: [] };
    try {
      opened ??= open();
      return { found: await ask(await opened), limits: [] };
    } catch (error) {
      const unknownLayout = error instanceof RangeError || toLabError(error).code === 'undecided';
      if (!unknownLayout || signal.aborted) throw error;
      return { found: nothing, limits: [`${what} could not be read (${messageOf(error)}).`] };
    }
  };
}

export type AskHeap = ReturnType<typeof heapOpener>;

function goroutinesById(reach: ReachSource, signal: AbortSignal): ReadonlyMap<number, number> {
  const { memory, runtime } = reach;
  const out = new Map<number, number>();
  for (const g of allGoroutines(reach, signal)) out.set(memory.u64(g + runtime.g.goid) ?? 0, g);
  return out;
}

function holderFinder(
  { buckets, signatures }: Snapshot,
  { memory, runtime }: ReachSource,
): OpenHeap['holderOf'] {
  const byId = new Map(buckets.flatMap((bucket) => bucket.ids.map((id) => [id, bucket] as const)));
  const bySignature = new Map(signatures.map((signature) => [signature.id, signature]));
  return ({ g, at }) => {
    const goroutine = memory.u64(g + runtime.g.goid) ?? 0;
    const bucket = byId.get(goroutine);
    const frames = bucket === undefined ? undefined : bySignature.get(bucket.signature.id)?.frames;
    if (bucket === undefined || frames === undefined) return undefined;
    const from = frames.findIndex(({ offset }) => offset !== undefined && offset > at);
    const [frame, ...inlined] = programFrames(frames, from);
    if (frame === undefined) return undefined;
    return { bucket: bucket.key, goroutine, frame, inlined, inner: from < 0 ? [] : frames.slice(from) };
  };
}

/**
 * The frame of a function of the program that has a place of the stack, or the next one outside of pools and the library;
 * then the calls that are inlined into it.
 */
function programFrames(frames: readonly Frame[], from: number): readonly Frame[] {
  const own = from < 0 ? [] : frames.slice(from);
  const isProgram = (frame: Frame) => !isLibraryFunction(frame) && !isPoolCode(frame.function);
  const first = own.find(isProgram) ?? own[0] ?? frames.at(-1);
  if (first === undefined) return [];
  const sharing = own.filter((frame) => frame.offset === first.offset && isProgram(frame));
  return sharing.length === 0 ? [first] : sharing.toReversed();
}
