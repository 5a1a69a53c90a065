import type { CoreHeader } from '../core/core-file.js';
import { PT_LOAD, PT_NOTE, readProgramHeaders } from '../core/elf-format.js';
import type { Executable } from '../core/executable.js';
import { openInput } from '../core/input-file.js';
import { turns } from '../turns.js';
import { collectRanges, contains, type Ranges } from './ranges.js';
import type { Paint } from './write-core.js';

/** Where parts of the executable lie in the process. */
export interface ExeParts {
  /** What the process could not write, or only while it was loaded: the executable has it. */
  readonly fromFile: Ranges;
  /** Variables. */
  readonly writable: Ranges;
  /** Bytes that its file holds of the variables, where it was loaded to the addresses that it names. */
  readonly initial: Ranges;
  /** By which a core is known to be of this executable: its headers and notes. */
  readonly identity: Ranges;
  /** Of the table for the dynamic linker, where there is one. */
  readonly dynamic: number | undefined;
  /** The executable's own bytes at these addresses, zeros where it has none. */
  original(start: number, length: number): Buffer;
}

const AT_ENTRY = 9;
const AT_PHDR = 3;
const writableFlag = 2;
const PT_DYNAMIC = 2;
const pageSize = 4096;

/** Reads the variables as they were before the program began. */
export async function exeParts(exe: Executable, core: CoreHeader, signal: AbortSignal): Promise<ExeParts> {
  await using file = await openInput(exe.path, 'executable', signal);
  const headers = await readProgramHeaders(file.read, file.header);
  const bias = (core.auxv.get(AT_ENTRY) ?? exe.entry) - exe.entry;
  const dynamic = headers.find(({ type }) => type === PT_DYNAMIC);
  const fromFile = collectRanges();
  const writable = collectRanges();
  const identity = collectRanges();
  const loaded = collectRanges();
  const initial: { readonly start: number; readonly bytes: Buffer }[] = [];
  for (const { type, flags, vaddr, memsz, offset, filesz } of headers) {
    const start = vaddr + bias;
    if (type === PT_LOAD && (flags & writableFlag) === 0) {
      fromFile.add(start - (start % pageSize), Math.ceil((start + memsz) / pageSize) * pageSize);
      // The ELF header and what follows it.
      if (offset === 0) identity.add(start, start + pageSize);
    }
    if (type === PT_LOAD && (flags & writableFlag) !== 0) {
      writable.add(start, start + memsz);
      if (bias === 0) loaded.add(start, start + filesz);
      initial.push({ start, bytes: await file.read(offset, filesz) });
    }
    if (type === PT_NOTE) identity.add(start, start + memsz);
  }
  const table = core.auxv.get(AT_PHDR);
  if (table !== undefined) identity.add(table, table + headers.length * 56);
  return {
    ...{ fromFile: fromFile.finish(), writable: writable.finish(), identity: identity.finish() },
    initial: loaded.finish(),
    dynamic: dynamic === undefined ? undefined : dynamic.vaddr + bias,
    original(start, length) {
      const out = Buffer.alloc(length);
      for (const { start: from, bytes } of initial) {
        const at = Math.max(start, from);
        const end = Math.min(start + length, from + bytes.length);
        if (at < end) bytes.copy(out, at - start, at - from, end - from);
      }
      return out;
    },
  };
}

/**
 * Leaves out pages of variables that are as in the executable: whoever reads a core takes them from there, as it does
 * with constants.
 */
export async function withoutUnchanged(
  { starts, ends }: Ranges,
  { initial, original }: ExeParts,
  paint: Paint,
  signal: AbortSignal,
): Promise<Ranges> {
  const breathe = turns(signal);
  const out = collectRanges();
  const page = Buffer.alloc(pageSize);
  for (let i = 0; i < starts.length; i++) {
    const end = ends[i] as number;
    for (let at = starts[i] as number; at < end; ) {
      await breathe();
      const next = Math.min(end, at - (at % pageSize) + pageSize);
      const isWhole = at % pageSize === 0 && contains(initial, at) && contains(initial, at + pageSize - 1);
      if (isWhole) paint(at, page.fill(0));
      if (!isWhole || !page.equals(original(at, pageSize))) out.add(at, next);
      at = contains(initial, at) ? next : Math.max(next, firstIn(initial, at, end));
      if (!isWhole && at > next) out.add(next, at);
    }
  }
  return out.finish();
}

/** Where the first of the ranges begins that lies behind an address, or `end`. */
function firstIn({ starts }: Ranges, address: number, end: number): number {
  for (const start of starts) if (start > address) return Math.min(start, end);
  return end;
}
