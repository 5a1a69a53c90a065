import type { CoreHeader } from '../core/core-file.js';
import { PT_LOAD } from '../core/elf-format.js';
import type { BulkMemory } from '../core/memory.js';
import { turns } from '../turns.js';
import type { ExeParts } from './exe-parts.js';
import { linkMapOf } from './link-map.js';
import type { NeededObjects } from './needed-objects.js';
import { readInto } from './paint.js';
import { collectRanges, contains, type Ranges, unionOf } from './ranges.js';
import type { RuntimeReading } from './read-runtime.js';

/** Memory to be kept. Ranges of different kinds may overlap. */
export interface Selection {
  readonly stacks: Ranges;
  readonly objects: Ranges;
  readonly variables: Ranges;
  /** What the runtime keeps outside of its heap, system stacks, and memory that C code has. */
  readonly outside: Ranges;
  /** Read by the analysis word for word: the runtime's tables, which hold nothing of the program. */
  readonly exact: Ranges;
  /** Pages that are to be there, with zeros where nothing is kept. */
  readonly present: Ranges;
  isHeap(address: number): boolean;
}

export interface SelectionSource {
  readonly core: CoreHeader;
  readonly memory: BulkMemory;
  readonly runtime: RuntimeReading;
  readonly needed: NeededObjects;
  readonly exe: ExeParts;
  /** What the analysis read of the runtime's tables. */
  readonly recorded: Ranges;
}

/** The runtime asks for its heap in pieces of this size, and uses them for nothing else (runtime/malloc.go). */
const arenaSize = 64 << 20;
const pageSize = 4096;
/** Of what is kept around a place that is pointed at: a table of an interface's methods may have many. */
const grain = 1024;
const executableFlag = 1;
/** The kernel's own code in each process, and how much of the stack of a thread of C code is kept. */
const maxKernelCode = 64 * 1024;
const foreignStack = 64 * 1024;
const windowSize = 1 << 20;

export async function selectMemory(source: SelectionSource, signal: AbortSignal): Promise<Selection> {
  const { core, runtime, needed, exe, recorded } = source;
  const isHeap = arenasOf(runtime);
  const [objects, outside, exact] = [collectRanges(), collectRanges(), collectRanges()];
  for (const { start, end } of runtime.roots.ranges) {
    if (!contains(exe.writable, start)) (isHeap(start) ? objects : outside).add(start, end);
  }
  const loads = core.segments.filter(({ type, filesz }) => type === PT_LOAD && filesz > 0);
  for (const { vaddr, filesz, flags } of loads) {
    // The first page of a library tells which one it is.
    const isLibrary = (flags & 2) === 0 && core.mappedFiles.some(({ start }) => start === vaddr);
    if (isLibrary && !contains(exe.fromFile, vaddr)) exact.add(vaddr, vaddr + Math.min(filesz, pageSize));
    const isKernels = (flags & executableFlag) !== 0 && filesz <= maxKernelCode && vaddr < 2 ** 53;
    if (isKernels && !contains(exe.fromFile, vaddr)) exact.add(vaddr, vaddr + filesz);
  }
  for (const { sp } of core.registers) {
    const segment = loads.find(({ vaddr, filesz }) => sp >= vaddr && sp < vaddr + filesz);
    if (segment === undefined || isHeap(sp)) continue;
    outside.add(sp - (sp % 8), Math.min(segment.vaddr + segment.filesz, sp + foreignStack));
  }
  for (let i = 0; i < recorded.starts.length; i++) {
    const start = recorded.starts[i] as number;
    if (!isHeap(start)) exact.add(start, recorded.ends[i] as number);
  }
  const chosen = {
    stacks: needed.stacks,
    objects: unionOf([needed.objects, objects.finish()]),
    variables: exe.writable,
  };
  const isOutside = (address: number) =>
    !isHeap(address) &&
    !contains(exe.writable, address) &&
    !contains(exe.fromFile, address) &&
    loads.some(({ vaddr, filesz }) => address >= vaddr && address < vaddr + filesz);
  for (const page of await pagesLedTo(source.memory, Object.values(chosen), { isHeap, isOutside }, signal)) {
    outside.add(page, page + 2 * grain);
  }
  // What a thread has for itself lies before and behind the address in one of its registers.
  for (const word of core.registers.flatMap(({ words }) => words)) {
    const page = word - (word % pageSize);
    for (const near of [page - pageSize, page]) if (isOutside(near)) outside.add(near, near + pageSize);
  }
  const words = [exe.identity, linkMapOf(source.memory, exe.dynamic), needed.own, exact.finish()];
  const all = { ...chosen, outside: outside.finish(), exact: unionOf(words) };
  return { ...all, present: unionOf([...Object.values(all), needed.pages]), isHeap };
}

function arenasOf({ spans }: RuntimeReading): (address: number) => boolean {
  const arenas = new Set<number>();
  for (const { start, end } of spans.all())
    for (let at = Math.floor(start / arenaSize); at * arenaSize < end; at++) arenas.add(at);
  let last = -1;
  return (address) => {
    const arena = Math.floor(address / arenaSize);
    if (arena === last) return true;
    if (!arenas.has(arena)) return false;
    last = arena;
    return true;
  };
}

/** Stretches that a word of what is kept points into: tables of interfaces, what the poller knows of a connection. */
async function pagesLedTo(
  memory: BulkMemory,
  from: readonly Ranges[],
  { isHeap, isOutside }: Record<'isHeap' | 'isOutside', (address: number) => boolean>,
  signal: AbortSignal,
): Promise<Set<number>> {
  const breathe = turns(signal);
  const known = new Map<number, boolean>();
  const window = Buffer.alloc(windowSize);
  for (const { starts, ends } of from) {
    for (let i = 0; i < starts.length; i++) {
      for (let at = starts[i] as number; at < (ends[i] as number); at += windowSize) {
        const bytes = window.subarray(0, Math.min(windowSize, (ends[i] as number) - at)).fill(0);
        readInto(memory, at, bytes);
        await breathe();
        for (let word = 0; word + 8 <= bytes.length; word += 8) {
          const high = bytes.readUInt32LE(word + 4);
          if (high >= 2 ** 15) continue;
          const value = high * 2 ** 32 + bytes.readUInt32LE(word);
          // Nearly all of them: they are not remembered.
          if (value < pageSize || isHeap(value)) continue;
          const page = value - (value % grain);
          if (!known.has(page)) known.set(page, isOutside(value));
        }
      }
    }
  }
  return new Set([...known].flatMap(([page, outside]) => (outside ? [page] : [])));
}
