import {
  cString,
  type ElfHeader,
  type Note,
  type ProgramHeader,
  PT_LOAD,
  PT_NOTE,
  type ReadAt,
  readNotes,
  readProgramHeaders,
  u64,
} from './elf-format.js';
import { bad, openInput } from './input-file.js';

export interface MappedFile {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** Bytes. */
  readonly fileOffset: number;
}

/** What a core file's headers and notes tell (core(5); Linux's fs/binfmt_elf.c for the notes). */
export interface CoreHeader {
  readonly path: string;
  readonly arch: string;
  readonly segments: readonly ProgramHeader[];
  readonly pid: number | undefined;
  /** Thread ids, the one that crashed or was stopped first. */
  readonly threads: readonly number[];
  /** Program counter and stack pointer of each thread, by its id; of amd64 alone. */
  readonly places: ReadonlyMap<number, { readonly pc: number; readonly sp: number }>;
  /** The signal that ended the process; 0 when a debugger made the core. */
  readonly signal: number;
  /** The command's name, cut at 15 characters, and its first 79 characters with arguments. */
  readonly command: { readonly name: string; readonly args: string } | undefined;
  readonly mappedFiles: readonly MappedFile[];
  /** `AT_*` numbers to values; of a core made by Delve the entry point alone. */
  readonly auxv: ReadonlyMap<number, number>;
  /** Delve's own mark, when its `dump` made the core. */
  readonly madeByDelve: boolean;
  /** Bytes that the headers speak of, and that the file has. */
  readonly size: { readonly expected: number; readonly actual: number };
}

const NT_PRSTATUS = 1;
const NT_PRPSINFO = 3;
const NT_AUXV = 6;
const AT_ENTRY = 9;
const NT_FILE = 0x46494c45;
const NT_DELVE = 0x444c5645;

/**
 * Reads a core's headers and notes; bounded, whatever its size. A core that ends too early is described, not
 * refused: compare `size`. Throws `usage` when it is missing, compressed, no ELF file or no core.
 */
export async function readCoreHeader(path: string, signal: AbortSignal): Promise<CoreHeader> {
  await using file = await openInput(path, 'core', signal);
  const { header, read } = file;
  if (header.type !== 'core') {
    throw bad(`${path} is a program, not a core file`, 'swap the two: --exe is the program, --core the core');
  }
  const segments = await readProgramHeaders(read, header);
  const notes: Note[] = [];
  for (const { offset, filesz } of segments.filter(({ type }) => type === PT_NOTE)) {
    notes.push(...(await readNotes(read, { offset, size: filesz }, isWanted)));
  }
  const status = notes.filter(({ type, desc }) => type === NT_PRSTATUS && desc.length >= 36);
  const info = notes.find(({ type, desc }) => type === NT_PRPSINFO && desc.length >= 136)?.desc;
  const threads = status.map(({ desc }) => desc.readInt32LE(32));
  const delve = delveHeader(notes.find(({ type }) => type === NT_DELVE)?.desc);
  const auxv = auxiliaryVector(notes.find(({ type }) => type === NT_AUXV)?.desc);
  if (delve.entry !== undefined && !auxv.has(AT_ENTRY)) auxv.set(AT_ENTRY, delve.entry);
  return {
    path,
    arch: header.arch,
    segments,
    pid: info?.readInt32LE(24) || threads[0] || delve.pid,
    threads,
    places: header.arch === 'amd64' ? placesOf(status) : new Map(),
    signal: status[0]?.desc.readInt16LE(12) ?? 0,
    command:
      info === undefined
        ? undefined
        : { name: cString(info.subarray(40, 56), 0), args: cString(info.subarray(56, 136), 0).trim() },
    mappedFiles: notes.filter(({ type }) => type === NT_FILE).flatMap(({ desc }) => mappedFiles(desc)),
    auxv,
    madeByDelve: notes.some(({ type }) => type === NT_DELVE),
    size: { expected: await expectedSize(read, header, segments), actual: file.size },
  };
}

function isWanted(name: string, type: number): boolean {
  if (name === 'CORE') return [NT_PRSTATUS, NT_PRPSINFO, NT_AUXV, NT_FILE].includes(type);
  return type === NT_DELVE;
}

/** `elf_prstatus` holds `user_regs_struct` at 112: `rip` is its 17th word, `rsp` its 20th. */
function placesOf(status: readonly Note[]): CoreHeader['places'] {
  const places = new Map<number, { readonly pc: number; readonly sp: number }>();
  for (const { desc } of status) {
    if (desc.length < 112 + 27 * 8) continue;
    places.set(desc.readInt32LE(32), { pc: u64(desc, 112 + 16 * 8), sp: u64(desc, 112 + 19 * 8) });
  }
  return places;
}

/** Count and page size, then start, end and page offset of each mapping, then the names. */
function mappedFiles(desc: Buffer): MappedFile[] {
  if (desc.length < 16) return [];
  const count = u64(desc, 0);
  const pageSize = u64(desc, 8);
  const files: MappedFile[] = [];
  let nameAt = 16 + count * 24;
  for (let index = 0; index < count && nameAt < desc.length; index++) {
    const at = 16 + index * 24;
    const path = cString(desc, nameAt);
    nameAt += Buffer.byteLength(path) + 1;
    files.push({
      path,
      start: u64(desc, at),
      end: u64(desc, at + 8),
      fileOffset: u64(desc, at + 16) * pageSize,
    });
  }
  return files;
}

function auxiliaryVector(desc: Buffer | undefined): Map<number, number> {
  const values = new Map<number, number>();
  for (let at = 0; desc !== undefined && at + 16 <= desc.length; at += 16) {
    values.set(u64(desc, at), u64(desc, at + 8));
  }
  values.delete(0);
  return values;
}

/** Text lines (pkg/elfwriter in Delve's sources) of which two tell what the kernel's notes would. */
function delveHeader(desc: Buffer | undefined): { readonly pid?: number; readonly entry?: number } {
  const text = desc?.toString('latin1') ?? '';
  const pid = /^Target Pid: (\d+)$/m.exec(text)?.[1];
  const entry = /^Entry Point: 0x([0-9a-f]+)$/m.exec(text)?.[1];
  return {
    ...(pid === undefined ? {} : { pid: Number(pid) }),
    ...(entry === undefined ? {} : { entry: Number.parseInt(entry, 16) }),
  };
}

async function expectedSize(
  read: ReadAt,
  header: ElfHeader,
  segments: readonly ProgramHeader[],
): Promise<number> {
  let end = Math.max(header.phoff + header.phnum * 56, header.shoff + header.shnum * 64);
  for (const { type, offset, filesz } of segments) {
    if (type === PT_LOAD || type === PT_NOTE) end = Math.max(end, offset + filesz);
  }
  // A count of segments that did not fit, in a file that ends before it: at least that header is missing.
  if (header.phnum === 0xffff && (await read(header.shoff, 64)).length < 64)
    end = Math.max(end, header.shoff + 64);
  return end;
}
