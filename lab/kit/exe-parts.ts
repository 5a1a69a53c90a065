import type { CoreHeader } from '../core/core-file.js';
import { PT_LOAD, PT_NOTE, readProgramHeaders } from '../core/elf-format.js';
import type { Executable } from '../core/executable.js';
import { openInput } from '../core/input-file.js';
import { collectRanges, type Ranges } from './ranges.js';

/** Where parts of the executable lie in the process. */
export interface ExeParts {
  /** What the process could not write, or only while it was loaded: the executable has it. */
  readonly fromFile: Ranges;
  /** Variables. */
  readonly writable: Ranges;
  /** By which a core is known to be of this executable: its headers and notes. */
  readonly identity: Ranges;
  /** The executable's own bytes at these addresses, zeros where it has none. */
  original(start: number, length: number): Buffer;
}

const AT_ENTRY = 9;
const AT_PHDR = 3;
const writableFlag = 2;
const pageSize = 4096;

/** Reads the variables as they were before the program began. */
export async function exeParts(exe: Executable, core: CoreHeader, signal: AbortSignal): Promise<ExeParts> {
  await using file = await openInput(exe.path, 'executable', signal);
  const headers = await readProgramHeaders(file.read, file.header);
  const bias = (core.auxv.get(AT_ENTRY) ?? exe.entry) - exe.entry;
  const fromFile = collectRanges();
  const writable = collectRanges();
  const identity = collectRanges();
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
      initial.push({ start, bytes: await file.read(offset, filesz) });
    }
    if (type === PT_NOTE) identity.add(start, start + memsz);
  }
  const table = core.auxv.get(AT_PHDR);
  if (table !== undefined) identity.add(table, table + headers.length * 56);
  return {
    ...{ fromFile: fromFile.finish(), writable: writable.finish(), identity: identity.finish() },
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
