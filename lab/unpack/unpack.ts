import { utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { elfHeaderSize, isElf, parseElfHeader } from '../core/elf-format.js';
import { readExecutable } from '../core/executable.js';
import { bad } from '../core/input-file.js';
import { knownWrappings } from '../core/wrapping.js';
import { LabError } from '../errors.js';
import { quoteWord } from '../quote-word.js';
import { type Leaf, type Looked, visitLeaves } from './leaves.js';
import type { Room } from './room.js';
import { writeElf, writeElfByTool } from './sparse-sink.js';

/** A file that was taken out of its wrapping. */
export interface Unpacked {
  /** Where it lies now. */
  readonly path: string;
  /** What it is called where it came from: `/tmp/core.zst`, `/tmp/dump.zip/app.core`. */
  readonly name: string;
}

export interface Contents {
  /** At most one. */
  readonly core: Unpacked | undefined;
  /** Programs that Go built, and where debug files are wanted every program. */
  readonly programs: readonly Unpacked[];
}

export interface UnpackOptions {
  readonly file: string;
  /** What is taken out; everything else is passed over. */
  readonly wanted: readonly ('core' | 'programs' | 'debug-files')[];
  readonly room: Room;
  readonly onProgress: (text: string) => void;
}

/**
 * Takes core and programs out of a compressed file or an archive. The ELF headers alone decide what each file in it is.
 * Throws `usage` when it is damaged, has two cores, or nothing of what is wanted.
 */
export async function unpack(options: UnpackOptions, signal: AbortSignal): Promise<Contents> {
  const { file, wanted, room, onProgress } = options;
  const cores: Unpacked[] = [];
  const programs: Unpacked[] = [];
  const passed: string[] = [];
  const take = async (leaf: Leaf): Promise<Unpacked> => {
    const name = join(file, ...leaf.path);
    const folder = await room.folder();
    const path = join(folder, fileName(leaf.path.at(-1) ?? file));
    const tell = (bytes: number) => onProgress(`${basename(name)}: ${Math.round(bytes / 1e6)} MB`);
    const options = { room, name, onProgress: rarely(tell), signal };
    const { compression, bytes } = leaf;
    if (compression === undefined) await writeElf(bytes, path, options);
    else await writeElfByTool(file, compression, path, options);
    // A source that is newer than its program is told of.
    await utimes(path, new Date(leaf.mtimeMs), new Date(leaf.mtimeMs));
    return { path, name };
  };
  const visit = async (leaf: Leaf): Promise<void> => {
    const kind = kindOf(leaf.head);
    if (kind === 'core' && wanted.includes('core')) {
      if (cores[0] !== undefined) throw twoCores(file, cores[0].name, join(file, ...leaf.path));
      cores.push(await take(leaf));
    } else if (kind === 'program' && wanted.includes('debug-files')) {
      programs.push(await take(leaf));
    } else if (kind === 'program' && wanted.includes('programs')) {
      const program = await take(leaf);
      const { isGo } = await readExecutable(program.path, signal).catch((error: unknown) => {
        if (!(error instanceof LabError) || error.code !== 'usage') throw error;
        return { isGo: false };
      });
      // A library, or a program of the image that the process ran in.
      if (isGo) programs.push(program);
      else await room.remove(join(program.path, '..'));
    } else passed.push(leaf.path.join('/') || describe(leaf.head));
  };
  const looked = await visitLeaves(file, visit, signal);
  if (wanted.includes('core') && cores.length === 0) throw without('core', file, passed, looked);
  if (!wanted.includes('core') && programs.length === 0) throw without('program', file, passed, looked);
  return { core: cores[0], programs };
}

/** Of a member of an archive, whose name may be anything. */
function fileName(path: string): string {
  const name = basename(path).replace(/\.(?:gz|zst|xz|lz4)$/, '');
  return /^\.{0,2}$/.test(name) ? 'file' : name;
}

function kindOf(head: Buffer): 'core' | 'program' | 'other' {
  const type = parseElfHeader(head)?.type;
  if (type === 'core') return 'core';
  return type === 'executable' || type === 'shared' ? 'program' : 'other';
}

function describe(head: Buffer): string {
  if (head.length === 0) return 'nothing';
  if (!isElf(head)) return 'no ELF file';
  if (head.length < elfHeaderSize) return 'an ELF file that is cut off within its header';
  return kindOf(head) === 'program' ? 'a program' : 'an ELF file of another kind';
}

function twoCores(file: string, one: string, other: string): LabError {
  return bad(
    `${file} has two cores: ${[one, other].map((name) => name.slice(file.length + 1)).join(' and ')}`,
    'unpack the file, and pass one of them as --core',
  );
}

const shown = 4;

function without(
  what: string,
  file: string,
  passed: readonly string[],
  { leaves, closed }: Looked,
): LabError {
  if (closed[0] !== undefined) {
    return bad(
      `there is no ${what} in what can be read of ${file}: ${closed[0]}`,
      `unpack it yourself, and pass the ${what === 'core' ? 'core' : 'program'} (${knownWrappings})`,
    );
  }
  const more = passed.length > shown ? ` and ${passed.length - shown} more` : '';
  const list = passed.length === 0 ? 'it is empty' : `it holds ${passed.slice(0, shown).join(', ')}${more}`;
  return bad(
    `there is no ${what} in ${file}${leaves === 0 ? ', which is empty' : `: ${list}`}`,
    `look what it is: \`file -z ${quoteWord(file)}\``,
  );
}

const everyMs = 250;

function rarely(tell: (bytes: number) => void): (bytes: number) => void {
  let last = 0;
  return (bytes) => {
    const now = performance.now();
    if (now - last < everyMs) return;
    last = now;
    tell(bytes);
  };
}
