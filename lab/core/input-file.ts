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

/** An ELF file that somebody named, open for reading. */
export interface InputFile extends AsyncDisposable {
  readonly path: string;
  readonly size: number;
  readonly header: ElfHeader;
  readonly read: ReadAt;
}

type Role = 'executable' | 'core';

const compressions: readonly { readonly magic: string; readonly name: string; readonly command: string }[] = [
  { magic: '28b52ffd', name: 'zstd', command: 'zstd -d' },
  { magic: '1f8b', name: 'gzip', command: 'gzip -dk' },
  { magic: 'fd377a585a00', name: 'xz', command: 'xz -dk' },
  { magic: '04224d18', name: 'lz4', command: 'lz4 -d' },
  { magic: '425a68', name: 'bzip2', command: 'bzip2 -dk' },
];

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
    const header = recognise(await read(0, elfHeaderSize), path, role);
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
  const hex = head.subarray(0, 8).toString('hex');
  const compressed = compressions.find(({ magic }) => hex.startsWith(magic));
  if (compressed !== undefined) {
    throw bad(
      `${path} is compressed with ${compressed.name}`,
      `decompress it first: \`${compressed.command} ${quoteWord(path)}\`` +
        (role === 'core' ? ' (systemd keeps its cores so: `coredumpctl dump PID -o core`)' : ''),
    );
  }
  if (!isElf(head)) {
    throw bad(`${path} is no ELF file, so it cannot be the ${role}`, roleHint(role));
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
