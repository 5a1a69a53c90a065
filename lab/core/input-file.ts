import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { LabError, messageOf } from '../errors.js';
import { quoteWord } from '../quote-word.js';
import {
  type ElfHeader,
  elfHeaderSize,
  fileReader,
  isElf,
  parseElfHeader,
  type ReadAt,
} from './elf-format.js';
import { type Compression, headSize, knownWrappings, wrappingOf } from './wrapping.js';

/** An ELF file that somebody named, open for reading. */
export interface InputFile extends AsyncDisposable {
  readonly path: string;
  readonly size: number;
  readonly header: ElfHeader;
  readonly read: ReadAt;
}

type Role = 'executable' | 'core' | 'debug file';

const commands: Readonly<Record<Compression | 'zip' | 'tar', string>> = {
  zstd: 'zstd -d',
  gzip: 'gzip -dk',
  xz: 'xz -dk',
  lz4: 'lz4 -d',
  zip: 'unzip',
  tar: 'tar -xf',
};

/**
 * Opens a file that is to be an executable or a core. Throws `usage`, with one thing to do, when it is
 * missing, unreadable, no regular file, empty, compressed, no ELF file, or of a kind that is not read.
 */
export async function openInput(path: string, role: Role, signal: AbortSignal): Promise<InputFile> {
  signal.throwIfAborted();
  const handle = await openFile(path, role);
  try {
    const stat = await handle.stat();
    if (stat.isDirectory())
      throw bad(`${path} is a directory, not the ${role}`, `pass the ${role} file itself`);
    if (!stat.isFile()) throw bad(`${path} is no regular file`, `pass the ${role} as a file on disk`);
    if (stat.size === 0) throw bad(`${path} is empty`, emptyHint(role));
    const read = fileReader(handle);
    const header = recognise(await read(0, headSize), path, role);
    return { path, size: stat.size, header, read, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openFile(path: string, role: Role): Promise<FileHandle> {
  try {
    // Opening a pipe would otherwise wait for somebody to write into it.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw bad(`the ${role} ${path} does not exist`, 'check the path', cause);
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw bad(
        `the ${role} ${path} may not be read by this user`,
        `run \`sudo chown "$USER" ${quoteWord(path)}\``,
        cause,
      );
    }
    throw bad(`cannot open the ${role} ${path}: ${messageOf(cause)}`, 'check the path', cause);
  }
}

function recognise(head: Buffer, path: string, role: Role): ElfHeader {
  const wrapping = wrappingOf(head, path);
  if (wrapping.kind === 'unknown') {
    throw bad(
      `${path} is ${wrapping.name}, which the lab does not read`,
      `unpack it first: \`${wrapping.command} ${quoteWord(path)}\` (${knownWrappings})`,
    );
  }
  if (wrapping.kind !== 'none') {
    const [is, by] =
      wrapping.kind === 'archive'
        ? [`a ${wrapping.archive} archive`, wrapping.archive]
        : [`compressed with ${wrapping.compression}`, wrapping.compression];
    throw bad(`${path} is ${is}`, `unpack it first: \`${commands[by]} ${quoteWord(path)}\``);
  }
  if (!isElf(head)) {
    const hint =
      role === 'core' && isText(head)
        ? `if it is a goroutine dump: npx lab analyze --dump ${quoteWord(path)}`
        : roleHint(role);
    throw bad(`${path} is no ELF file, so it cannot be the ${role}`, hint);
  }
  const header = parseElfHeader(head);
  if (header !== undefined) return header;
  if (head.length < elfHeaderSize) throw bad(`${path} is cut off within its header`, 'copy the file again');
  const what = head[4] === 1 ? '32-bit' : 'big-endian';
  throw bad(
    `${path} is a ${what} ELF file; those are not read`,
    'use a program and core of linux/amd64 or linux/arm64',
  );
}

const isText = (head: Buffer): boolean => /^[\t\n\r\x20-\x7e]+$/.test(head.toString('latin1'));

function emptyHint(role: Role): string {
  return role === 'core'
    ? 'capture it again; was the disk full, or `ulimit -c` 0?'
    : 'build it again, or copy it from `/proc/PID/exe` while the process lives';
}

function roleHint(role: Role): string {
  return role === 'core'
    ? 'pass the file that gcore, the kernel or Delve wrote as --core'
    : 'pass the program that the process ran as --exe';
}

export function bad(message: string, hint: string, cause?: unknown): LabError {
  return new LabError(message, { code: 'usage', hint, cause });
}
