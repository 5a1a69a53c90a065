import type { CoreHeader } from './core-file.js';
import { PT_LOAD, readProgramHeaders, readSections, SHT_NOBITS } from './elf-format.js';
import type { Executable } from './executable.js';
import { tableHeaderSize, tableMagics } from './function-table.js';
import { openInput } from './input-file.js';

export interface AddressRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Where parts of an executable lie in the process that ran it. */
export interface ProgramImage {
  /** What was added to the file's addresses when it was loaded; 0 unless it is position independent. */
  readonly bias: number;
  /** Places that look like Go's function table, the likeliest first. */
  readonly tables: readonly number[];
  /** Variables, with those that start as zero. */
  readonly writable: readonly AddressRange[];
}

const AT_ENTRY = 9;
const writableFlag = 2;
const chunkSize = 1 << 20;
const names = new Set(['.gopclntab', '.data.rel.ro.gopclntab']);

/**
 * Looks for the function table by the name of its section, and where that is gone by how it begins: its magic
 * number, two zeros, the size of the smallest instruction and that of a pointer.
 */
export async function readProgramImage(
  exe: Executable,
  core: CoreHeader,
  signal: AbortSignal,
): Promise<ProgramImage> {
  await using file = await openInput(exe.path, 'executable', signal);
  const segments = (await readProgramHeaders(file.read, file.header)).filter(({ type }) => type === PT_LOAD);
  const bias = (core.auxv.get(AT_ENTRY) ?? exe.entry) - exe.entry;
  const section = (await readSections(file.read, file.header)).find(
    ({ name, type, size }) => names.has(name) && type !== SHT_NOBITS && size >= tableHeaderSize,
  );
  const tables: number[] = section === undefined ? [] : [section.addr + bias];
  if (section === undefined) {
    for (const { offset, filesz, vaddr } of segments) {
      for (let at = 0; at < filesz; at += chunkSize) {
        signal.throwIfAborted();
        const bytes = await file.read(offset + at, Math.min(chunkSize + 8, filesz - at));
        for (const i of beginnings(bytes)) tables.push(vaddr + at + i + bias);
      }
    }
  }
  const writable = segments
    .filter(({ flags }) => (flags & writableFlag) !== 0)
    .map(({ vaddr, memsz }) => ({ start: vaddr + bias, end: vaddr + memsz + bias }));
  return { bias, tables, writable };
}

function* beginnings(bytes: Buffer): Generator<number> {
  for (const magic of [tableMagics.go120, tableMagics.go118]) {
    const start = Buffer.alloc(6);
    start.writeUInt32LE(magic);
    for (let i = bytes.indexOf(start); i >= 0; i = bytes.indexOf(start, i + 1)) {
      if (i % 8 === 0 && [1, 2, 4].includes(bytes[i + 6] ?? 0) && bytes[i + 7] === 8) yield i;
    }
  }
}
