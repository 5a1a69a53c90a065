import { type ProgramHeader, PT_LOAD, type ReadAt, readAddress, type Section, u64 } from './elf-format.js';

/** What the Go linker wrote into the program (`go version -m` prints the same). */
export interface BuildInfo {
  /** For example `go1.26.8`. */
  readonly goVersion: string;
  /** Import path of the main package; empty when it is not recorded. */
  readonly path: string;
  /** Path of the main module; empty when the program was built without one. */
  readonly mainModule: string;
  /** Of the main module, `v1.27.2`; empty when it was built from a checkout that tells none. */
  readonly mainVersion: string;
  /** `-tags`, `CGO_ENABLED`, `vcs.revision` ... */
  readonly settings: Readonly<Record<string, string>>;
}

const magic = Buffer.from('\xff Go buildinf:', 'latin1');
const headerSize = 32;
const maxText = 4 << 20;
const searched = 1 << 20;

/**
 * Reads `.go.buildinfo` in both forms (debug/buildinfo in Go's sources): strings in line, since Go 1.18, or
 * pointers to Go strings, before. Without section headers the data segments' beginnings are searched, where
 * the linker puts it. `undefined` when the program has none.
 */
export async function readBuildInfo(
  read: ReadAt,
  segments: readonly ProgramHeader[],
  sections: readonly Section[],
): Promise<BuildInfo | undefined> {
  const at = await findBuildInfo(read, segments, sections);
  if (at === undefined) return undefined;
  const head = await read(at, headerSize);
  const pointerSize = head[14] ?? 0;
  const flags = head[15] ?? 0;
  if ((flags & 2) !== 0) {
    const version = await inlineString(read, at + headerSize);
    const modules = version === undefined ? undefined : await inlineString(read, version.end);
    return version === undefined ? undefined : describe(version.text, modules?.text ?? '');
  }
  // Big-endian and 32-bit programs are not read at all: see elf-format.ts.
  if ((flags & 1) !== 0 || pointerSize !== 8) return undefined;
  const version = await goString(read, segments, u64(head, 16));
  return version === undefined
    ? undefined
    : describe(version, (await goString(read, segments, u64(head, 24))) ?? '');
}

async function findBuildInfo(
  read: ReadAt,
  segments: readonly ProgramHeader[],
  sections: readonly Section[],
): Promise<number | undefined> {
  const named = sections.find((section) => section.name === '.go.buildinfo');
  const starts =
    named === undefined
      ? segments.filter((s) => s.type === PT_LOAD && (s.flags & 2) !== 0).map((s) => [s.offset, s.filesz])
      : [[named.offset, named.size]];
  for (const [offset = 0, size = 0] of starts) {
    const bytes = await read(offset, Math.min(size, searched));
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
      if (at % 16 === 0) return offset + at;
    }
  }
  return undefined;
}

async function inlineString(
  read: ReadAt,
  at: number,
): Promise<{ readonly text: string; readonly end: number } | undefined> {
  const head = await read(at, 10);
  let size = 0;
  let used = 0;
  for (const byte of head) {
    size += (byte & 0x7f) * 2 ** (7 * used);
    used += 1;
    if (byte < 0x80) break;
  }
  if (used === 0 || size > maxText) return undefined;
  const text = await read(at + used, size);
  return text.length < size ? undefined : { text: text.toString('latin1'), end: at + used + size };
}

async function goString(
  read: ReadAt,
  segments: readonly ProgramHeader[],
  address: number,
): Promise<string | undefined> {
  const header = await readAddress(read, segments, address, 16);
  if (header === undefined || u64(header, 8) > maxText) return undefined;
  return (await readAddress(read, segments, u64(header, 0), u64(header, 8)))?.toString('latin1');
}

function describe(goVersion: string, raw: string): BuildInfo {
  // The module text stands between two 16-byte sentinels.
  const framed = raw.length >= 33 && raw.at(-17) === '\n';
  const text = Buffer.from(framed ? raw.slice(16, -16) : '', 'latin1').toString('utf8');
  let path = '';
  let mainModule = '';
  let mainVersion = '';
  const settings: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [kind, value = '', version = ''] = line.split('\t');
    if (kind === 'path') path = value;
    else if (kind === 'mod') {
      mainModule = value;
      mainVersion = version;
    } else if (kind === 'build') {
      const equals = value.indexOf('=');
      if (equals > 0) settings[value.slice(0, equals)] = value.slice(equals + 1);
    }
  }
  return { goVersion, path, mainModule, mainVersion, settings };
}
