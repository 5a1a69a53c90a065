import { basename } from 'node:path';
import { messageOf } from '../errors.js';
import { readBuildInfo } from './build-info.js';
import { type CoreHeader, readCoreHeader } from './core-file.js';
import {
  elfHeaderSize,
  isElf,
  type ProgramHeader,
  PT_LOAD,
  PT_NOTE,
  parseElfHeader,
  parseProgramHeaders,
  type ReadAt,
  readAddress,
  readNotes,
} from './elf-format.js';
import { type BuildIds, buildIds, type Executable, isBuildId, readExecutable } from './executable.js';
import { bad, openInput } from './input-file.js';
import { commonIds, differentId } from './same-build.js';

/** Whether the core was made by a process that ran this executable. */
export type Match =
  | { readonly kind: 'same'; readonly buildId: string; readonly how: 'build-id' }
  | { readonly kind: 'likely'; readonly how: 'entry-point' | 'build-info' }
  | { readonly kind: 'unknown'; readonly why: string };

export interface CheckedPair {
  readonly exe: Executable;
  readonly core: CoreHeader;
  readonly match: Match;
}

const AT_PHDR = 3;
const AT_PHNUM = 5;
const AT_ENTRY = 9;
const pageMask = 0xfff;
/** Of a process on every Linux that Go knows, bytes. */
const addressSpace = 2 ** 48;

/**
 * Makes sure that an executable and a core can be analysed together, before a debugger gives a cryptic answer.
 * A program without debug info passes: see `exe.hasDebugInfo`.
 *
 * Throws `usage`, with one thing to do, when a file cannot be what it is said to be, the core is cut off, the
 * program is not Go, or another build of it made the core.
 */
export async function checkPair(
  exePath: string,
  corePath: string,
  signal: AbortSignal,
): Promise<CheckedPair> {
  const exe = await readExecutable(exePath, signal);
  const core = await readCoreHeader(corePath, signal);
  if (core.size.actual < core.size.expected) {
    if (core.size.expected > addressSpace) {
      throw bad(
        `${corePath} is damaged: by its headers it has more bytes than memory can have`,
        'copy it again',
      );
    }
    throw bad(
      `${corePath} is cut off: it should have ${core.size.expected} bytes and has ${core.size.actual}`,
      'copy it again, or capture a new one with enough free disk space and `ulimit -c unlimited`',
    );
  }
  if (exe.arch !== core.arch) {
    throw bad(
      `the core is of ${core.arch}, the executable of ${exe.arch}`,
      'pass the executable that the process ran; `/proc/PID/exe` is a copy of it while it lives',
    );
  }
  if (!exe.isGo) {
    throw bad(`${exePath} is not a Go program`, 'pass the Go program that the process ran as --exe');
  }
  await using file = await openInput(corePath, 'core', signal);
  return { exe, core, match: await match(exe, core, file.read) };
}

async function match(exe: Executable, core: CoreHeader, read: ReadAt): Promise<Match> {
  const inCore = await buildIdsInCore(core, read);
  const [common] = inCore === undefined ? [] : commonIds(exe.buildId, inCore);
  const different = inCore === undefined ? undefined : differentId(exe.buildId, inCore);
  if (different !== undefined) {
    throw otherBuild(exe, core, `build IDs ${different.join(' and ')}`);
  }
  if (common !== undefined) {
    requireSameEntry(exe, core);
    return { kind: 'same', buildId: exe.buildId.gnu ?? common[0], how: 'build-id' };
  }
  return matchWithoutIds(exe, core, read);
}

/** Of one build there is one place where it begins: one of the two files tells another since. */
function requireSameEntry(exe: Executable, core: CoreHeader): void {
  const entry = core.auxv.get(AT_ENTRY);
  if (entry === undefined) return;
  const bias = entry - exe.entry;
  if (exe.kind === 'static' ? bias === 0 : (bias & pageMask) === 0) return;
  throw bad(
    `${exe.path} or ${core.path} is damaged: they are of one build and begin at 0x${exe.entry.toString(16)} and 0x${entry.toString(16)}`,
    'copy both files again from where the process ran',
  );
}

/**
 * The build IDs of the program that the process ran, from the process's memory alone: the kernel tells each
 * process where its program headers lie (AT_PHDR), and gcore and the kernel keep that page.
 */
export async function buildIdsInCore(core: CoreHeader, read: ReadAt): Promise<BuildIds | undefined> {
  const phdr = core.auxv.get(AT_PHDR);
  const entry = core.auxv.get(AT_ENTRY);
  // Without AT_PHDR (Delve's cores) the program is the mapped ELF file whose entry point is the process's.
  const starts =
    phdr === undefined
      ? core.segments.filter(({ type, filesz }) => type === PT_LOAD && filesz > 0).map(({ vaddr }) => vaddr)
      : [phdr - (phdr & pageMask)];
  for (const start of starts) {
    const head = await readAddress(read, core.segments, start, elfHeaderSize);
    const header = head === undefined || !isElf(head) ? undefined : parseElfHeader(head);
    const headers =
      header === undefined ? undefined : await headersAt(core, read, start + header.phoff, header.phnum);
    const base = headers?.find(({ type, offset }) => type === PT_LOAD && offset === 0)?.vaddr;
    if (header === undefined || headers === undefined || base === undefined) continue;
    if (phdr === undefined && header.entry - base + start !== entry) continue;
    return buildIdsOf(core, read, headers, start - base);
  }
  return undefined;
}

async function headersAt(
  core: CoreHeader,
  read: ReadAt,
  address: number,
  count: number,
): Promise<ProgramHeader[] | undefined> {
  const table = await readAddress(read, core.segments, address, count * 56);
  return table === undefined ? undefined : parseProgramHeaders(table);
}

async function buildIdsOf(
  core: CoreHeader,
  read: ReadAt,
  headers: readonly ProgramHeader[],
  bias: number,
): Promise<BuildIds | undefined> {
  const atAddress: ReadAt = async (address, length) => {
    const segment = core.segments.find(
      (s) => s.type === PT_LOAD && address >= s.vaddr && address < s.vaddr + s.filesz,
    );
    if (segment === undefined) return Buffer.alloc(0);
    const within = address - segment.vaddr;
    return read(segment.offset + within, Math.min(length, segment.filesz - within));
  };
  const notes = [];
  for (const { vaddr, memsz } of headers.filter(({ type }) => type === PT_NOTE)) {
    notes.push(...(await readNotes(atAddress, { offset: bias + vaddr, size: memsz }, isBuildId, 4096)));
  }
  const found = buildIds(notes);
  return found.gnu === undefined && found.go === undefined ? undefined : found;
}

/** A core without the program's first page: compare what the kernel told the process, and its build info. */
async function matchWithoutIds(exe: Executable, core: CoreHeader, read: ReadAt): Promise<Match> {
  const entry = core.auxv.get(AT_ENTRY);
  const phnum = core.auxv.get(AT_PHNUM);
  if (entry === undefined) return { kind: 'unknown', why: 'the core holds no auxiliary vector' };
  const bias = entry - exe.entry;
  if ((exe.kind === 'static' ? bias !== 0 : (bias & pageMask) !== 0) || (phnum ?? exe.phnum) !== exe.phnum) {
    throw otherBuild(exe, core, `entry points 0x${exe.entry.toString(16)} and 0x${entry.toString(16)}`);
  }
  try {
    const theirs = await readBuildInfo(read, core.segments, []);
    if (theirs !== undefined && exe.build !== undefined) {
      if (JSON.stringify(theirs) !== JSON.stringify(exe.build)) {
        throw otherBuild(exe, core, `${exe.build.goVersion} and ${theirs.goVersion}, with other settings`);
      }
      return { kind: 'likely', how: 'build-info' };
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'LabError') throw error;
    return { kind: 'unknown', why: messageOf(error) };
  }
  return { kind: 'likely', how: 'entry-point' };
}

function otherBuild(exe: Executable, core: CoreHeader, difference: string): Error {
  const ran = core.command?.name ?? '';
  const other = ran !== '' && !basename(exe.path).startsWith(ran) ? ` (the process was called ${ran})` : '';
  return bad(
    `the core was made by another build of this program, or by another program${other}: ${difference}`,
    'pass the very file that the process ran; `/proc/PID/exe` is a copy of it while it lives',
  );
}
