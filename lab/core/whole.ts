import { type ElfHeader, type ProgramHeader, PT_LOAD, type Section, SHT_NOBITS } from './elf-format.js';
import { bad, type InputFile } from './input-file.js';

const SHT_STRTAB = 3;
const extendedIndex = 0xffff;
const again = 'copy the file again from where the process ran, or build the same commit once more';

/**
 * Throws `usage` when an executable's headers speak of more than the file has, or contradict each other. Without this a
 * file that was cut off looks like one that was stripped.
 */
export function requireWhole(
  { path, size, header }: Pick<InputFile, 'path' | 'size' | 'header'>,
  segments: readonly ProgramHeader[],
  sections: readonly Section[],
): void {
  const ends = [
    header.shoff + header.shnum * 64,
    header.phoff + header.phnum * 56,
    ...segments.filter(({ type }) => type === PT_LOAD).map(({ offset, filesz }) => offset + filesz),
    ...sections.filter(({ type }) => type !== SHT_NOBITS).map((one) => one.offset + one.size),
  ];
  const expected = Math.max(...ends);
  if (expected > size) {
    throw bad(
      `${path} is damaged or cut off: by its headers it has ${expected} bytes, and it has ${size}`,
      again,
    );
  }
  const fault = contradiction(header, segments, sections);
  if (fault !== undefined) throw bad(`${path} is damaged: ${fault}`, again);
}

function contradiction(
  { entry, shoff, shnum, shstrndx }: ElfHeader,
  segments: readonly ProgramHeader[],
  sections: readonly Section[],
): string | undefined {
  const loads = segments.filter(({ type }) => type === PT_LOAD);
  if (!loads.some(({ vaddr, memsz }) => entry >= vaddr && entry < vaddr + memsz)) {
    return 'it begins outside of what is loaded';
  }
  if (loads.some(({ filesz, memsz }) => filesz > memsz)) return 'a segment has more bytes than it takes';
  if (shoff === 0) return shnum > 0 ? 'its table of sections is missing' : undefined;
  // Section 0 is empty in every file (the generic ABI, "Sections").
  const names = shstrndx === extendedIndex ? undefined : sections[shstrndx];
  const isTable = sections[0]?.type === 0 && (shstrndx === extendedIndex || names?.type === SHT_STRTAB);
  return isTable ? undefined : 'its table of sections makes no sense';
}
