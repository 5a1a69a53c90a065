import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { cString, PT_LOAD, readNotes, readProgramHeaders, readSections, SHT_NOBITS } from './elf-format.js';
import { type BuildIds, buildIds, type Executable, isBuildId } from './executable.js';
import { bad, openInput } from './input-file.js';
import { differentId, filesIn, isSameBuild, unlessBad } from './same-build.js';

/** A file with the debug information of an executable. */
export interface DebugFile {
  readonly path: string;
  /** `false` for what `objcopy --only-keep-debug` makes: headers and debug information, nothing of the program. */
  readonly isWhole: boolean;
}

const SHT_NOTE = 7;
/** Where distributions put debug information (gdb's manual, "Separate Debug Files"). */
const systemFolder = '/usr/lib/debug';
/** Files beside an executable that are looked at. */
const maxBeside = 2_000;
const maxLink = 4_096;

interface Described extends DebugFile {
  readonly buildId: BuildIds;
}

/**
 * Reads a file that is said to have the debug information of an executable. Throws `usage` when it is of another build,
 * or has none.
 */
export async function readDebugFile(path: string, exe: Executable, signal: AbortSignal): Promise<DebugFile> {
  const found = await describe(path, signal);
  if (found === undefined) {
    throw bad(`${path} has no debug information`, 'pass the unstripped executable of the same build');
  }
  const other = differentId(found.buildId, exe.buildId);
  if (other !== undefined) {
    throw bad(
      `${path} is of another build than ${exe.path}: build IDs ${other.join(' and ')}`,
      'pass the debug file, or the unstripped executable, of the same build: one built again will not do',
    );
  }
  return found;
}

/**
 * Looks for the debug information of a stripped executable where gdb looks for it, beside it, and in `folders` with all
 * that is below them. Only a file of the same build counts: by its build ID, or by the checksum in `.gnu_debuglink`.
 */
export async function findDebugFile(
  exe: Executable,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<DebugFile | undefined> {
  const { gnu } = exe.buildId;
  const byId = gnu === undefined ? [] : [join('.build-id', gnu.slice(0, 2), `${gnu.slice(2)}.debug`)];
  for (const root of [...folders, systemFolder]) {
    for (const name of byId) {
      const found = await sameBuild(join(root, name), exe, signal);
      if (found !== undefined) return found;
    }
  }
  const linked = await linkedFile(exe, folders, signal);
  if (linked !== undefined) return linked;
  for (const [folder, below] of [[dirname(exe.path), false], ...folders.map((one) => [one, true])] as const) {
    let looked = 0;
    for await (const path of filesIn(String(folder), below === true)) {
      signal.throwIfAborted();
      if (below !== true && ++looked > maxBeside) break;
      const found = path === exe.path ? undefined : await sameBuild(path, exe, signal);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

async function sameBuild(path: string, exe: Executable, signal: AbortSignal): Promise<Described | undefined> {
  const found = await unlessBad(describe(path, signal));
  return found !== undefined && isSameBuild(found.buildId, exe.buildId) ? found : undefined;
}

/** `.gnu_debuglink`: a name, filling, and the CRC-32 of the file (gdb's manual, "Separate Debug Files"). */
async function linkedFile(
  exe: Executable,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<DebugFile | undefined> {
  const link = await readLink(exe.path, signal);
  if (link === undefined) return undefined;
  const beside = dirname(exe.path);
  const places = [
    ...[beside, join(beside, '.debug'), ...folders],
    ...[...folders, systemFolder].map((root) => join(root, beside)),
  ];
  for (const path of places.map((place) => join(place, link.name))) {
    if (path === exe.path) continue;
    const found = await unlessBad(describe(path, signal));
    if (found !== undefined && crc32(await readFile(path, { signal })) === link.crc) return found;
  }
  return undefined;
}

async function readLink(path: string, signal: AbortSignal) {
  await using file = await openInput(path, 'executable', signal);
  const section = (await readSections(file.read, file.header)).find(({ name }) => name === '.gnu_debuglink');
  if (section === undefined || section.size < 6 || section.size > maxLink) return undefined;
  const bytes = await file.read(section.offset, section.size);
  // A path would lead anywhere.
  const name = basename(cString(bytes, 0));
  return bytes.length < section.size ? undefined : { name, crc: bytes.readUInt32LE(section.size - 4) };
}

/** `undefined` when it has no debug information. */
async function describe(path: string, signal: AbortSignal): Promise<Described | undefined> {
  await using file = await openInput(path, 'debug file', signal);
  const { header, read } = file;
  if (header.type !== 'executable' && header.type !== 'shared') return undefined;
  const sections = await readSections(read, header);
  const hasDebugInfo = sections.some(
    ({ name, type, size }) => /^\.z?debug_info$/.test(name) && type !== SHT_NOBITS && size > 0,
  );
  if (!hasDebugInfo) return undefined;
  const notes = [];
  for (const section of sections.filter(({ type }) => type === SHT_NOTE)) {
    notes.push(...(await readNotes(read, section, isBuildId, 4096)));
  }
  const loaded = (await readProgramHeaders(read, header)).filter(({ type }) => type === PT_LOAD);
  const text = sections.find(({ name }) => name === '.text');
  return {
    path,
    buildId: buildIds(notes),
    isWhole: loaded.some(({ filesz }) => filesz > 0) && text !== undefined && text.type !== SHT_NOBITS,
  };
}
