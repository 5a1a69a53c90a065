import type { FileHandle } from 'node:fs/promises';

/** ELF as elf(5) and the generic ABI describe it: 64-bit little-endian files, which Go's common ports are. */
export interface ElfHeader {
  readonly type: 'relocatable' | 'executable' | 'shared' | 'core' | 'other';
  /** Go's name where it has one: `amd64`, `arm64`, ... */
  readonly arch: string;
  readonly entry: number;
  readonly phoff: number;
  readonly phnum: number;
  readonly shoff: number;
  readonly shnum: number;
  readonly shstrndx: number;
}

export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly filesz: number;
  readonly memsz: number;
}

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly addr: number;
  readonly offset: number;
  readonly size: number;
}

export interface Note {
  readonly name: string;
  readonly type: number;
  readonly desc: Buffer;
}

/** Reads `length` bytes at `offset`, fewer at the end of what there is. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

export const PT_LOAD = 1;
export const PT_NOTE = 4;
export const SHT_NOBITS = 8;
export const elfHeaderSize = 64;
const programHeaderSize = 56;
const sectionHeaderSize = 64;
const noHeaderCount = 0xffff;
/** Far more than any real file has; a damaged count must not ask for gigabytes. */
const maxHeaders = 1_000_000;

const types = ['other', 'relocatable', 'executable', 'shared', 'core'] as const;
const machines: Readonly<Record<number, string>> = {
  3: '386',
  8: 'mips',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

export function fileReader(file: FileHandle): ReadAt {
  return async (offset, length) => {
    const buffer = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  };
}

export function isElf(head: Buffer): boolean {
  return head.length >= 4 && head.readUInt32BE(0) === 0x7f454c46;
}

/** `undefined` when the bytes are no complete 64-bit little-endian ELF header. */
export function parseElfHeader(head: Buffer): ElfHeader | undefined {
  if (!isElf(head) || head.length < elfHeaderSize || head[4] !== 2 || head[5] !== 1) return undefined;
  const machine = head.readUInt16LE(18);
  return {
    type: types[head.readUInt16LE(16)] ?? 'other',
    arch: machines[machine] ?? `machine ${machine}`,
    entry: u64(head, 24),
    phoff: u64(head, 32),
    shoff: u64(head, 40),
    phnum: head.readUInt16LE(56),
    shnum: head.readUInt16LE(60),
    shstrndx: head.readUInt16LE(62),
  };
}

/** Headers that lie beyond the end of the file are left out. */
export async function readProgramHeaders(read: ReadAt, header: ElfHeader): Promise<ProgramHeader[]> {
  let count = header.phnum;
  // A core with 65,535 segments or more keeps their number in the first section header (PN_XNUM).
  if (count === noHeaderCount && header.shoff > 0) {
    const first = await read(header.shoff, sectionHeaderSize);
    count = first.length === sectionHeaderSize ? first.readUInt32LE(44) : 0;
  }
  const table = await read(header.phoff, Math.min(count, maxHeaders) * programHeaderSize);
  return parseProgramHeaders(table);
}

export function parseProgramHeaders(table: Buffer): ProgramHeader[] {
  return Array.from({ length: Math.floor(table.length / programHeaderSize) }, (_, index) => {
    const at = index * programHeaderSize;
    return {
      type: table.readUInt32LE(at),
      flags: table.readUInt32LE(at + 4),
      offset: u64(table, at + 8),
      vaddr: u64(table, at + 16),
      filesz: u64(table, at + 32),
      memsz: u64(table, at + 40),
    };
  });
}

export async function readSections(read: ReadAt, header: ElfHeader): Promise<Section[]> {
  if (header.shoff === 0) return [];
  const first = await read(header.shoff, sectionHeaderSize);
  if (first.length < sectionHeaderSize) return [];
  const count = Math.min(header.shnum === 0 ? u64(first, 32) : header.shnum, maxHeaders);
  const table = await read(header.shoff, count * sectionHeaderSize);
  const raw = Array.from({ length: Math.floor(table.length / sectionHeaderSize) }, (_, index) => {
    const at = index * sectionHeaderSize;
    return {
      nameAt: table.readUInt32LE(at),
      type: table.readUInt32LE(at + 4),
      addr: u64(table, at + 16),
      offset: u64(table, at + 24),
      size: u64(table, at + 32),
    };
  });
  const names = raw[header.shstrndx === noHeaderCount ? first.readUInt32LE(40) : header.shstrndx];
  const text =
    names === undefined ? Buffer.alloc(0) : await read(names.offset, Math.min(names.size, 1 << 20));
  return raw.map(({ nameAt, ...section }) => ({ ...section, name: cString(text, nameAt) }));
}

/**
 * The notes of one range that `wanted` accepts. Headers are walked one by one through a small window: a core
 * has some 30 kB of register notes per thread, which nobody needs here.
 */
export async function readNotes(
  read: ReadAt,
  range: { readonly offset: number; readonly size: number },
  wanted: (name: string, type: number) => boolean,
  maxDesc = 64 << 20,
): Promise<Note[]> {
  const notes: Note[] = [];
  const end = range.offset + range.size;
  for (let at = range.offset; at + 12 <= end; ) {
    const head = await read(at, 12 + 32);
    if (head.length < 12) break;
    const nameSize = head.readUInt32LE(0);
    const descSize = head.readUInt32LE(4);
    const type = head.readUInt32LE(8);
    const descAt = at + 12 + align4(nameSize);
    if (nameSize > 256 || descAt + descSize > end) break;
    const name = cString(head, 12).slice(0, nameSize);
    if (wanted(name, type) && descSize <= maxDesc) {
      notes.push({ name, type, desc: await read(descAt, descSize) });
    }
    at = descAt + align4(descSize);
  }
  return notes;
}

/** The bytes at an address, `undefined` when the file does not hold all of them. */
export async function readAddress(
  read: ReadAt,
  segments: readonly ProgramHeader[],
  address: number,
  length: number,
): Promise<Buffer | undefined> {
  const segment = segments.find(
    (s) => s.type === PT_LOAD && address >= s.vaddr && address + length <= s.vaddr + s.filesz,
  );
  if (segment === undefined) return undefined;
  const bytes = await read(segment.offset + address - segment.vaddr, length);
  return bytes.length === length ? bytes : undefined;
}

export function u64(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32;
}

export function cString(buffer: Buffer, at: number): string {
  const end = buffer.indexOf(0, at);
  return buffer.subarray(at, end < 0 ? undefined : end).toString('utf8');
}

function align4(size: number): number {
  return Math.ceil(size / 4) * 4;
}
