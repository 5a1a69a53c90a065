import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { LabError } from '../errors.js';
import { heldFrom, type Segment, segmentAt, sortSegments, uncovered } from './segments.js';

/**
 * The memory of a process as its core file keeps it. Addresses and 64-bit values are plain numbers: user space
 * ends below 2^53, and a value above that is no pointer. Pages that the core leaves out because they are
 * file-backed and read-only are read from the executable.
 */
export interface CoreMemory extends Disposable {
  /** `undefined` when any byte of it is in neither file. The bytes are valid until the next call. */
  bytes(address: number, length: number): Buffer | undefined;
  u8(address: number): number | undefined;
  u32(address: number): number | undefined;
  u64(address: number): number | undefined;
  /** The lowest address from this one on that either file has; `Infinity` when there is none. */
  heldFrom(address: number): number;
  /** Bytes that the core has: what a process can have used is of that order. */
  readonly held: number;
}

/** For loops over millions of structs: fields are read out of `view` without an object or a call for each. */
export interface BulkMemory extends CoreMemory {
  /**
   * Offset in `view` of the bytes at `address`, valid until the next call of any method; -1 when any of them
   * is in neither file. At most 128 KiB at once.
   */
  span(address: number, length: number): number;
  readonly view: DataView;
  /**
   * The same memory through a small cache of its own, for those who go through it from one end to the other: what
   * was read is still in the processor's cache when it is looked at. Valid as long as this one.
   */
  narrow?(): BulkMemory;
}

/** The 64-bit value at an offset of `view`. */
export function wordAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

interface ElfImage {
  /** Whether it lies where its headers say (ET_EXEC), whatever the core says of its entry. */
  readonly isStatic: boolean;
  readonly entry: number;
  readonly segments: readonly Segment[];
  readonly notes: readonly { readonly offset: number; readonly size: number }[];
}

const PT_LOAD = 1;
const PT_NOTE = 4;
const ET_EXEC = 2;
const NT_AUXV = 6;
const programHeaderSize = 56;
const AT_ENTRY = 9;
/** What `span` promises. */
const longest = 128 * 1024;

/** Blocks of a cache, whatever the core's size. The number of a block tells the set, the oldest of the set gives way. */
interface CacheShape {
  readonly blockSize: number;
  readonly sets: number;
  readonly ways: number;
}

/** 16 MB for those who read here and there. */
const wideCache: CacheShape = { blockSize: 128 * 1024, sets: 128, ways: 1 };
/**
 * 512 KB: copies into memory that the processor has at hand are quicker than into 16 MB by turns. Eight streams may go
 * on side by side.
 */
export const narrowCache: CacheShape = { blockSize: 64 * 1024, sets: 1, ways: 8 };

/** Opens both files. Throws `usage` when the core is not a 64-bit little-endian ELF file. */
export function openCoreMemory(corePath: string, exePath: string): BulkMemory {
  const files = [openFile(corePath)];
  try {
    const core = readElf(files[0] ?? -1, 0, corePath);
    files.push(openFile(exePath));
    const exe = readElf(files[1] ?? -1, 1, exePath);
    const bias = loadBias(files[0] ?? -1, core, exe);
    const fromExe = exe.segments.map((s) => ({ ...s, start: s.start + bias, end: s.end + bias }));
    const inCore = sortSegments(core.segments);
    const fromBoth: MemorySource = { files, core: inCore, exe: uncovered(sortSegments(fromExe), inCore) };
    return {
      ...cachedReader(fromBoth, wideCache),
      narrow: () => cachedReader(fromBoth, narrowCache),
      [Symbol.dispose]() {
        for (const file of files) closeSync(file);
      },
    };
  } catch (error) {
    for (const file of files) closeSync(file);
    throw error;
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new LabError(`cannot open ${path}`, {
      code: 'usage',
      hint: 'Check the path and its permissions.',
      cause,
    });
  }
}

function readAt(file: number, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  const got = readSync(file, buffer, 0, length, offset);
  return buffer.subarray(0, got);
}

/** Program headers of an ELF file; field offsets as in elf(5). */
function readElf(file: number, index: number, path: string): ElfImage {
  const head = readAt(file, 0, 64);
  const isElf64 = head.length === 64 && head.readUInt32BE(0) === 0x7f454c46 && head[4] === 2 && head[5] === 1;
  if (!isElf64) {
    throw new LabError(`${path} is not a 64-bit little-endian ELF file`, {
      code: 'usage',
      hint: 'Pass an ELF executable with --exe and an ELF core file with --core.',
    });
  }
  const entry = Number(head.readBigUInt64LE(24));
  const phoff = Number(head.readBigUInt64LE(32));
  let phnum = head.readUInt16LE(56);
  // PN_XNUM: the true number lies in the first section header's sh_info.
  const size = fstatSync(file).size;
  const shoff = Number(head.readBigUInt64LE(40));
  if (phnum === 0xffff && shoff + 64 <= size) phnum = readAt(file, shoff + 44, 4).readUInt32LE(0);
  const table = readAt(file, phoff, Math.max(0, Math.min(programHeaderSize * phnum, size - phoff)));
  const segments: Segment[] = [];
  const notes: { offset: number; size: number }[] = [];
  for (let at = 0; at + programHeaderSize <= table.length; at += programHeaderSize) {
    const type = table.readUInt32LE(at);
    const offset = Number(table.readBigUInt64LE(at + 8));
    const start = Number(table.readBigUInt64LE(at + 16));
    const filesz = Math.min(Number(table.readBigUInt64LE(at + 32)), Math.max(0, size - offset));
    if (filesz === 0) continue;
    if (type === PT_LOAD) segments.push({ file: index, start, end: start + filesz, offset });
    if (type === PT_NOTE) notes.push({ offset, size: filesz });
  }
  return { isStatic: head.readUInt16LE(16) === ET_EXEC, entry, segments, notes };
}

/** Where a position-independent executable was loaded: AT_ENTRY of the auxiliary vector minus its own entry. */
function loadBias(file: number, core: ElfImage, exe: ElfImage): number {
  if (exe.isStatic) return 0;
  for (const note of core.notes) {
    const data = readAt(file, note.offset, Math.min(note.size, 64 * 1024 * 1024));
    for (let at = 0; at + 12 <= data.length; ) {
      const namesz = data.readUInt32LE(at);
      const descsz = data.readUInt32LE(at + 4);
      const type = data.readUInt32LE(at + 8);
      const desc = at + 12 + align4(namesz);
      if (type === NT_AUXV) {
        for (let pair = desc; pair + 16 <= Math.min(desc + descsz, data.length); pair += 16) {
          if (Number(data.readBigUInt64LE(pair)) !== AT_ENTRY) continue;
          return Number(data.readBigUInt64LE(pair + 8)) - exe.entry;
        }
      }
      at = desc + align4(descsz);
    }
  }
  return 0;
}

/** Not by bits: these would make a negative number of what a damaged note says. */
const align4 = (n: number) => Math.ceil(n / 4) * 4;

interface MemorySource {
  readonly files: readonly number[];
  readonly core: readonly Segment[];
  readonly exe: readonly Segment[];
}

/** Disposing it leaves the files open. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the readers share one cache, and a call between them would cost more than the read
function cachedReader({ files, core, exe }: MemorySource, { blockSize, sets, ways }: CacheShape): BulkMemory {
  const blockCount = sets * ways;
  const keys = new Float64Array(blockCount).fill(-1);
  const lengths = new Int32Array(blockCount);
  const lastUsed = new Float64Array(blockCount);
  let uses = 0;
  let latest = 0;
  // One place more, at the end, where what crosses blocks or segments is put together.
  const joint = blockSize * blockCount;
  const pool = Buffer.allocUnsafeSlow(joint + longest);
  const view = new DataView(pool.buffer, pool.byteOffset, pool.length);
  let segment: Segment = { file: 0, start: 0, end: 0, offset: 0 };
  // Addresses of the block that was last asked for, from and to, and what leads from them to offsets of `view`.
  const near = new Float64Array([0, -1, 0]);

  /** The slot that holds this block of a file. */
  function slotOf(file: number, number: number): number {
    const key = number * 2 + file;
    if (keys[latest] === key) return latest;
    latest = placeOf(key, (number % sets) * ways);
    lastUsed[latest] = ++uses;
    if (keys[latest] !== key) {
      keys[latest] = -1;
      near[1] = -1;
      lengths[latest] = readSync(files[file] ?? -1, pool, latest * blockSize, blockSize, number * blockSize);
      keys[latest] = key;
    }
    return latest;
  }

  /** Where it is in its set, or else where it may be put. */
  function placeOf(key: number, first: number): number {
    let oldest = first;
    for (let slot = first; slot < first + ways; slot++) {
      if (keys[slot] === key) return slot;
      if ((lastUsed[slot] as number) < (lastUsed[oldest] as number)) oldest = slot;
    }
    return oldest;
  }

  function moveTo(address: number): boolean {
    // The core goes before the executable, so only its segments are trusted to have no better one.
    if (segment.file === 0 && address >= segment.start && address < segment.end) return true;
    const found = segmentAt(core, address) ?? segmentAt(exe, address);
    if (found === undefined) return false;
    segment = found;
    return true;
  }

  // So short that it becomes a part of the loops that call it, and no address an object.
  function span(address: number, length: number): number {
    if (address >= (near[0] as number) && address + length <= (near[1] as number))
      return address + (near[2] as number);
    return farSpan(address, length);
  }

  function farSpan(address: number, length: number): number {
    if (!moveTo(address)) return -1;
    const offset = segment.offset + (address - segment.start);
    const number = Math.floor(offset / blockSize);
    const within = offset - number * blockSize;
    if (address + length > segment.end || within + length > blockSize) {
      return length <= longest && copy(address, length, pool, joint) ? joint : -1;
    }
    const slot = slotOf(segment.file, number);
    const held = lengths[slot] as number;
    const start = address - within;
    near[0] = Math.max(segment.start, start);
    near[1] = Math.min(segment.end, start + held);
    near[2] = slot * blockSize - start;
    return within + length <= held ? slot * blockSize + within : -1;
  }

  /** The rare read that crosses a block or a segment is put together from its pieces. */
  function copy(address: number, length: number, to: Buffer, at: number): boolean {
    for (let done = 0; done < length; ) {
      if (!moveTo(address + done)) return false;
      const offset = segment.offset + (address + done - segment.start);
      const number = Math.floor(offset / blockSize);
      const within = offset - number * blockSize;
      const slot = slotOf(segment.file, number);
      const step = Math.min(length - done, segment.end - address - done, (lengths[slot] ?? 0) - within);
      if (step <= 0) return false;
      pool.copy(to, at + done, slot * blockSize + within, slot * blockSize + within + step);
      done += step;
    }
    return true;
  }

  return {
    view,
    span,
    heldFrom: (address) => Math.min(heldFrom(core, address), heldFrom(exe, address)),
    held: core.reduce((sum, { start, end }) => sum + end - start, 0),
    bytes(address, length) {
      if (length < 0) return undefined;
      if (length <= longest) {
        const at = span(address, length);
        return at < 0 ? undefined : pool.subarray(at, at + length);
      }
      const out = Buffer.alloc(length);
      return copy(address, length, out, 0) ? out : undefined;
    },
    u8(address) {
      const at = span(address, 1);
      return at < 0 ? undefined : view.getUint8(at);
    },
    u32(address) {
      const at = span(address, 4);
      return at < 0 ? undefined : view.getUint32(at, true);
    },
    u64(address) {
      const at = span(address, 8);
      return at < 0 ? undefined : wordAt(view, at);
    },
    [Symbol.dispose]: () => undefined,
  };
}
