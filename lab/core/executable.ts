import { type BuildInfo, readBuildInfo } from './build-info.js';
import { type Note, PT_NOTE, readNotes, readProgramHeaders, readSections, SHT_NOBITS } from './elf-format.js';
import { bad, openInput } from './input-file.js';
import { requireWhole } from './whole.js';

export interface BuildIds {
  /** Hex. */
  readonly gnu: string | undefined;
  /** As `go tool buildid` prints it. */
  readonly go: string | undefined;
}

/** What an executable tells of itself without being run. */
export interface Executable {
  readonly path: string;
  readonly arch: string;
  /** `pie` is loaded at an address that changes from run to run. */
  readonly kind: 'static' | 'pie';
  readonly entry: number;
  /** Number of program headers: the kernel passes it to the process too. */
  readonly phnum: number;
  readonly buildId: BuildIds;
  readonly isGo: boolean;
  readonly build: BuildInfo | undefined;
  /** For example `go1.26.8`; `undefined` when it was not recorded. */
  readonly goVersion: string | undefined;
  readonly mainModulePath: string | undefined;
  /** DWARF: names, lines and types. Without it Delve reads no goroutines. */
  readonly hasDebugInfo: boolean;
  readonly hasSymbols: boolean;
  /** What `objcopy --only-keep-debug` makes: headers and debug information, nothing of the program. */
  readonly isDebugOnly: boolean;
  /** The runtime's own table of functions, which stripping leaves in. */
  readonly hasPclntab: boolean;
}

const NT_GNU_BUILD_ID = 3;
const NT_GO_BUILD_ID = 4;

/**
 * Reads an executable's headers and notes, a few kilobytes of it. Throws `usage` when it is missing, no ELF
 * file, damaged, or a core.
 */
export async function readExecutable(path: string, signal: AbortSignal): Promise<Executable> {
  await using file = await openInput(path, 'executable', signal);
  const { header, read } = file;
  if (header.type === 'core') {
    throw bad(
      `${path} is a core file, not an executable`,
      'swap the two: --exe is the program, --core the core',
    );
  }
  if (header.type !== 'executable' && header.type !== 'shared') {
    throw bad(`${path} is an object file, not an executable`, 'pass the linked program');
  }
  const segments = await readProgramHeaders(read, header);
  const sections = await readSections(read, header);
  requireWhole(file, segments, sections);
  const notes: Note[] = [];
  for (const { offset, filesz } of segments.filter((segment) => segment.type === PT_NOTE)) {
    notes.push(...(await readNotes(read, { offset, size: filesz }, isBuildId, 4096)));
  }
  // Programs linked by Go itself with a GNU build ID keep it in a section of its own.
  for (const section of sections.filter(({ name }) => name.startsWith('.note.g'))) {
    notes.push(...(await readNotes(read, section, isBuildId, 4096)));
  }
  const buildId = buildIds(notes);
  const build = await readBuildInfo(read, segments, sections);
  const has = (...names: string[]): boolean =>
    sections.some(({ name, type, size }) => names.includes(name) && type !== SHT_NOBITS && size > 0);
  const hasPclntab = has('.gopclntab', '.data.rel.ro.gopclntab');
  return {
    path,
    arch: header.arch,
    kind: header.type === 'shared' ? 'pie' : 'static',
    entry: header.entry,
    phnum: segments.length,
    buildId,
    isGo: build !== undefined || buildId.go !== undefined || hasPclntab,
    build,
    goVersion: build?.goVersion,
    mainModulePath: build === undefined ? undefined : build.mainModule || build.path,
    hasDebugInfo: has('.debug_info', '.zdebug_info'),
    hasSymbols: has('.symtab'),
    isDebugOnly: sections.some(({ name, type }) => name === '.text' && type === SHT_NOBITS),
    hasPclntab,
  };
}

export function isBuildId(name: string, type: number): boolean {
  return (name === 'GNU' && type === NT_GNU_BUILD_ID) || (name === 'Go' && type === NT_GO_BUILD_ID);
}

export function buildIds(notes: readonly Note[]): BuildIds {
  const desc = (owner: string): Buffer | undefined => notes.find(({ name }) => name === owner)?.desc;
  return { gnu: desc('GNU')?.toString('hex'), go: desc('Go')?.toString('latin1') };
}
