import { open } from 'node:fs/promises';
import { execa } from 'execa';
import {
  fileReader,
  type ProgramHeader,
  parseElfHeader,
  readProgramHeaders,
  readSections,
} from '../../lab/core/elf-format.js';

/** Bytes that are put over those of a file. */
export interface Edit {
  readonly at: number;
  readonly bytes: Buffer;
}

export interface Range {
  readonly name: string;
  readonly at: number;
  readonly size: number;
}

/** Where the parts of an ELF file lie: its header, its tables, its sections, and its segments by their numbers. */
export async function partsOf(path: string): Promise<{
  readonly size: number;
  readonly ranges: readonly Range[];
  readonly segments: readonly ProgramHeader[];
}> {
  await using file = await open(path, 'r');
  const read = fileReader(file);
  const header = parseElfHeader(await read(0, 64));
  if (header === undefined) throw new Error(`${path} is no ELF file`);
  const segments = await readProgramHeaders(read, header);
  const sections = await readSections(read, header);
  return {
    size: (await file.stat()).size,
    segments,
    ranges: [
      { name: 'header', at: 0, size: 64 },
      { name: 'program headers', at: header.phoff, size: header.phnum * 56 },
      { name: 'section headers', at: header.shoff, size: header.shnum * 64 },
      ...sections
        .filter(({ name, type, size }) => name !== '' && type !== 8 && size > 0)
        .map(({ name, offset, size }) => ({ name, at: offset, size })),
    ],
  };
}

/** `count` bytes of noise, here and there in a range. */
export function noise({ at, size }: Pick<Range, 'at' | 'size'>, count: number, random: () => number): Edit[] {
  return Array.from({ length: count }, () => ({
    at: at + Math.floor(random() * size),
    bytes: Buffer.from([Math.floor(random() * 256)]),
  }));
}

export const zeros = ({ at, size }: Pick<Range, 'at' | 'size'>): Edit => ({ at, bytes: Buffer.alloc(size) });

/** A copy with these edits, cut off at a size when one is given; holes stay holes. */
export async function damagedCopy(
  from: string,
  to: string,
  edits: readonly Edit[],
  size?: number,
): Promise<void> {
  await execa('cp', ['--sparse=always', '--', from, to]);
  await using file = await open(to, 'r+');
  for (const { at, bytes } of edits) await file.write(bytes, 0, bytes.length, at);
  if (size !== undefined) await file.truncate(size);
}
