import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, stat, utimes } from 'node:fs/promises';
import {
  elfHeaderSize,
  type ProgramHeader,
  PT_LOAD,
  type ReadAt,
  readProgramHeaders,
  readSections,
  type Section,
  SHT_NOBITS,
  u64,
} from './elf-format.js';
import { bad, openInput } from './input-file.js';

const headerSize = 64;
const SHT_PROGBITS = 1;
const SHF_ALLOC = 2;
const copyChunk = 4 << 20;
const again = 'pass the debug file that was made of this very executable, or the unstripped executable';

export interface Joined {
  readonly exe: string;
  /** What `objcopy --only-keep-debug` made of the unstripped executable. */
  readonly debug: string;
  /** Does not exist yet. */
  readonly to: string;
}

/**
 * Makes a whole executable of a stripped one and its debug file: the first as it is, behind it the sections that only the
 * second has, and the second's table of sections, whose indices its symbols use. Throws `usage` when they do not fit.
 */
export async function joinDebugInfo({ exe, debug, to }: Joined, signal: AbortSignal): Promise<void> {
  await using program = await openInput(exe, 'executable', signal);
  await using info = await openInput(debug, 'debug file', signal);
  const segments = (await readProgramHeaders(program.read, program.header)).filter(
    ({ type }) => type === PT_LOAD,
  );
  const own = await readSections(program.read, program.header);
  const [sections, table] = await sectionTable(info.read, info.header);
  await copyFile(exe, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await using out = await open(to, 'r+');
  let at = aligned(program.size);
  for (const [index, section] of sections.entries()) {
    signal.throwIfAborted();
    const entry = table.subarray(index * headerSize, (index + 1) * headerSize);
    if (index === 0 || section.type === 0) continue;
    if ((u64(entry, 8) & SHF_ALLOC) !== 0) {
      const place = placeOf(section, own, segments);
      if (place === undefined) {
        throw bad(`${debug} does not fit ${exe}: of ${section.name} they tell different things`, again);
      }
      entry.writeUInt32LE(place.type, 4);
      entry.writeBigUInt64LE(BigInt(place.offset), 24);
    } else if (section.type !== SHT_NOBITS) {
      if (section.offset + section.size > info.size) throw bad(`${debug} is cut off`, 'copy the file again');
      await copyRange(info.read, section, out, at);
      entry.writeBigUInt64LE(BigInt(at), 24);
      at = aligned(at + section.size);
    }
  }
  await out.write(table, 0, table.length, at);
  const header = await program.read(0, elfHeaderSize);
  const theirs = await info.read(0, elfHeaderSize);
  header.writeBigUInt64LE(BigInt(at), 40);
  header.writeUInt16LE(headerSize, 58);
  theirs.copy(header, 60, 60, 64);
  await out.write(header, 0, header.length, 0);
  await out.close();
  const { atime, mtime } = await stat(exe);
  await utimes(to, atime, mtime);
}

async function sectionTable(
  read: ReadAt,
  header: Parameters<typeof readSections>[1],
): Promise<readonly [readonly Section[], Buffer]> {
  const sections = await readSections(read, header);
  return [sections, await read(header.shoff, sections.length * headerSize)];
}

/** Where a section that the process had in its memory lies in the stripped executable. */
function placeOf(
  { name, addr, size }: Section,
  own: readonly Section[],
  segments: readonly ProgramHeader[],
): Pick<Section, 'type' | 'offset'> | undefined {
  const same = own.find((one) => one.name === name);
  if (same !== undefined) return same.addr === addr && same.size === size ? same : undefined;
  // Sections can be stripped of their names too.
  const segment = segments.find(({ vaddr, memsz }) => addr >= vaddr && addr + size <= vaddr + memsz);
  if (segment === undefined) return size === 0 ? { type: SHT_NOBITS, offset: 0 } : undefined;
  const isHeld = addr + size <= segment.vaddr + segment.filesz;
  return { type: isHeld ? SHT_PROGBITS : SHT_NOBITS, offset: segment.offset + addr - segment.vaddr };
}

async function copyRange(
  read: ReadAt,
  { offset, size }: Section,
  out: FileHandle,
  to: number,
): Promise<void> {
  for (let done = 0; done < size; done += copyChunk) {
    const bytes = await read(offset + done, Math.min(copyChunk, size - done));
    await out.write(bytes, 0, bytes.length, to + done);
  }
}

const aligned = (at: number) => Math.ceil(at / 16) * 16;
