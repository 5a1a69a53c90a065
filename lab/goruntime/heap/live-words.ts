import type { Arch } from '../../core/arch.js';
import type { FunctionTable } from '../../core/function-table.js';
import type { BulkMemory } from '../../core/memory.js';
import { maxFrames } from '../goroutines.js';
import type { RuntimeLayout } from '../layout.js';
import { goroutineStatus, scanBit } from '../status.js';
import type { HeapLayout } from './layout.js';
import type { Range } from './marker.js';
import type { LiveWords, ReachSource } from './reach-source.js';
import { wordsIn } from './words.js';

/** Tables of a function, by their numbers of internal/abi/symtab.go. */
const stackMapIndex = 1;
const argumentMaps = 0;
const localMaps = 1;
const stackObjects = 2;
const objectRecord = 16;
const mostDeferred = 10_000;
/** Functions that a signal makes another one call, wherever that happens to be. */
const injected = /^runtime\.(?:asyncPreempt|sigpanic|debugCall)/;

/**
 * Tells the words of a parked goroutine's stack in which the compiler keeps pointers that are still needed, as the garbage
 * collector is told by its maps (runtime/stkframe.go, mgcmark.go): what earlier calls left in others is not. `undefined`
 * where they do not tell all of it, so that the whole stack counts. No reader for unknown processors, without a table of
 * functions, or where the types of deferred calls are not known.
 */
export function liveWordsReader(
  { memory, runtime, heap: { deferred } }: Pick<ReachSource, 'memory' | 'runtime' | 'heap'>,
  arch: Arch | undefined,
  table: FunctionTable | undefined,
): LiveWords | undefined {
  if (arch === undefined || table === undefined || deferred === undefined) return undefined;
  // Goroutines of a crowd stand in the same few calls.
  const siteAt = memoized((pc: number) => readSite(memory, table, pc));
  return (address) => liveWordsOf({ memory, arch, runtime, siteAt, deferred }, address);
}

function memoized<T>(read: (pc: number) => T): (pc: number) => T {
  const known = new Map<number, T>();
  return (pc) => {
    if (!known.has(pc)) known.set(pc, read(pc));
    return known.get(pc) as T;
  };
}

function liveWordsOf(
  {
    memory,
    arch,
    runtime: { g },
    siteAt,
    deferred,
  }: {
    readonly memory: BulkMemory;
    readonly arch: Arch;
    readonly runtime: RuntimeLayout;
    readonly siteAt: SiteAt;
    readonly deferred: NonNullable<HeapLayout['deferred']>;
  },
  address: number,
): readonly Range[] | undefined {
  const status = (memory.u32(address + g.status) ?? 0) & ~scanBit;
  const lo = memory.u64(address + g.stackLo) ?? 0;
  const hi = memory.u64(address + g.stackHi) ?? 0;
  const sp = memory.u64(address + g.sp) ?? 0;
  if (status !== goroutineStatus.waiting || sp < lo || sp >= hi) return undefined;
  const frames = framesOf(memory, arch, siteAt, { sp, hi, pc: memory.u64(address + g.pc) ?? 0 });
  if (frames === undefined) return undefined;
  const out: Range[] = [];
  const objects: Range[] = [];
  for (const frame of frames) {
    const live = liveIn(frame, arch);
    if (live === undefined) return undefined;
    out.push(...live.words);
    objects.push(...live.objects);
  }
  // Objects on the stack are needed as long as something leads to them.
  out.push(...deferredOf(memory, address, deferred));
  const work = [...out];
  const taken = new Set<number>();
  for (let range = work.pop(); range !== undefined; range = work.pop()) {
    for (const word of wordsIn(memory, range)) {
      const own = word < sp || word >= hi ? undefined : objects.find((o) => word >= o.start && word < o.end);
      if (own === undefined || taken.has(own.start)) continue;
      taken.add(own.start);
      out.push(own);
      work.push(own);
    }
  }
  return out;
}

/** What deferred calls lead to, whether they lie on the stack or not. */
function deferredOf(
  memory: BulkMemory,
  g: number,
  { first, call, next }: NonNullable<HeapLayout['deferred']>,
): readonly Range[] {
  const out: Range[] = [];
  let at = memory.u64(g + first) ?? 0;
  for (let n = 0; at !== 0 && n < mostDeferred; n++) {
    out.push(wordFrom(at + call)(0), wordFrom(at + next)(0));
    at = memory.u64(at + next) ?? 0;
  }
  return out;
}

/** What the compiler tells of a call, the same for all that stand in it; `undefined` where its function is not known. */
type SiteAt = (pc: number) => Site | undefined;

interface Site {
  readonly name: string;
  /** Bytes of its frame, without a return address that its call pushed. */
  readonly size: number;
  /** Absent where the table has no maps of it. */
  readonly maps?: {
    readonly locals: Bits | undefined;
    readonly given: Bits | undefined;
    readonly argumentBytes: number;
    readonly objects: readonly { readonly offset: number; readonly size: number }[];
  };
}

function readSite(memory: BulkMemory, table: FunctionTable, pc: number): Site | undefined {
  const size = table.frameSize(pc);
  const name = table.frames(pc).at(-1)?.function;
  if (size === undefined || name === undefined) return undefined;
  const tables = table.tablesAt(pc);
  if (tables === undefined) return { name, size };
  const index = tables.pcdata(stackMapIndex);
  const maps = {
    locals: bitsOf(memory, tables.funcdata(localMaps), index),
    given: bitsOf(memory, tables.funcdata(argumentMaps), index),
    argumentBytes: tables.argumentBytes,
    objects: objectsOf(memory, tables.funcdata(stackObjects)),
  };
  return { name, size, maps };
}

interface Frame {
  readonly site: Site;
  readonly sp: number;
  /** Its caller's stack pointer. */
  readonly end: number;
}

/** `undefined` where the stack cannot be followed to its beginning, or was interrupted by a signal. */
function framesOf(
  memory: BulkMemory,
  { callBytes }: Arch,
  siteAt: SiteAt,
  { sp, hi, pc: first }: { readonly sp: number; readonly hi: number; readonly pc: number },
): readonly Frame[] | undefined {
  const frames: Frame[] = [];
  let pc = first;
  for (let at = sp; frames.length < maxFrames; ) {
    // Within the call that it stands in.
    const site = siteAt(pc - 1);
    if (site === undefined || injected.test(site.name)) return undefined;
    if (site.name === 'runtime.goexit') return frames;
    const end = at + site.size + callBytes;
    // A function without a frame has not saved where it returns to, where its call did not.
    if (end > hi || end === at) return undefined;
    frames.push({ site, sp: at, end });
    pc = memory.u64(callBytes > 0 ? end - callBytes : at) ?? 0;
    at = end;
  }
  return undefined;
}

function liveIn(
  { site: { maps }, sp, end }: Frame,
  { callBytes }: Arch,
): { readonly words: readonly Range[]; readonly objects: readonly Range[] } | undefined {
  if (maps === undefined) return undefined;
  const { locals, given, argumentBytes, objects } = maps;
  // Below the return address lies the caller's frame pointer, where the function has a frame.
  const frame = end - callBytes;
  const top = frame > sp ? frame - 8 : frame;
  const kept = locals === undefined ? [{ start: sp, end }] : locals.set.map(wordFrom(top - locals.count * 8));
  // Where a callee saves its return address, it does so below its arguments.
  const first = callBytes > 0 ? end : end + 8;
  const all = { start: first, end: first + argumentBytes };
  const passed = given === undefined ? [all] : given.set.map(wordFrom(first));
  return {
    words: [...kept, ...passed],
    objects: objects.map(({ offset, size }) => {
      const start = (offset < 0 ? top : first) + offset;
      return { start, end: start + size };
    }),
  };
}

const wordFrom = (start: number) => (bit: number) => ({ start: start + bit * 8, end: start + bit * 8 + 8 });

interface Bits {
  readonly count: number;
  readonly set: readonly number[];
}

/** The bits that are set in one of a function's maps; `undefined` where there is no such map. */
function bitsOf(memory: BulkMemory, map: number, index: number): Bits | undefined {
  const maps = map === 0 ? undefined : memory.u32(map);
  const count = map === 0 ? undefined : memory.u32(map + 4);
  if (maps === undefined || count === undefined || index < 0 || index >= maps) return undefined;
  const bytes = memory.bytes(map + 8 + index * Math.ceil(count / 8), Math.ceil(count / 8));
  if (bytes === undefined) return undefined;
  const set = Array.from({ length: count }, (_, i) => i).filter(
    (i) => (((bytes[i >>> 3] ?? 0) >>> (i & 7)) & 1) === 1,
  );
  return { count, set };
}

/** Variables on the stack that pointers lead to. */
function objectsOf(memory: BulkMemory, list: number) {
  const count = list === 0 ? 0 : (memory.u64(list) ?? 0);
  return Array.from({ length: count }, (_, i) => {
    const record = list + 8 + i * objectRecord;
    return { offset: (memory.u32(record) ?? 0) | 0, size: memory.u32(record + 4) ?? 0 };
  });
}
