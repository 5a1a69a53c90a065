import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileReader, PT_LOAD, PT_NOTE, parseElfHeader, readProgramHeaders } from '../core/elf-format.js';
import { bad } from '../core/input-file.js';
import { writeSparse } from '../sparse-file.js';
import type { Bytes } from './bytes.js';
import { type ByTool, decompressInto } from './decompress.js';
import type { Room } from './room.js';

const blockSize = 1 << 20;
/** Bytes that a file may have beyond what its headers tell of: what lies between the last segment and the sections. */
const slack = 1 << 20;
/** No linker makes more. */
const mostOfExecutable = 4 * 2 ** 30;
/** With all its holes. Delve's headers stand at the end of a core, so that this alone may end what only goes on. */
const mostOfCore = 2 ** 42;
/** A count that did not fit into the header. */
const noHeaderCount = 0xffff;

export interface SinkOptions {
  readonly room: Room;
  /** For messages. */
  readonly name: string;
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Writes an ELF file that comes as a stream, with holes where it is zero; returns its length. Throws `usage` when more
 * comes than its own headers tell of, and `no-space`.
 */
export async function writeElf(
  bytes: Bytes,
  path: string,
  { room, name, onProgress, signal }: SinkOptions,
): Promise<number> {
  await using file = await open(path, 'wx+', 0o600);
  const block = Buffer.allocUnsafe(blockSize);
  let [filled, at] = [0, 0];
  let most: number | undefined;
  const flush = async (): Promise<void> => {
    await room.take(await writeSparse(file, block.subarray(0, filled), at));
    at += filled;
    filled = 0;
    most ??= await lengthByHeaders(file, at);
    requireNoMore(name, at, most);
    onProgress(at);
  };
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    for (let from = 0; from < chunk.length; ) {
      const count = Math.min(blockSize - filled, chunk.length - from);
      chunk.copy(block, filled, from, from + count);
      filled += count;
      from += count;
      if (filled === blockSize) await flush();
    }
  }
  await flush();
  await file.truncate(at);
  return at;
}

/** The same for a file that is compressed and nothing else, which the program that unpacks it writes itself. */
export async function writeElfByTool(
  packed: string,
  compression: ByTool,
  path: string,
  { room, name, onProgress, signal }: SinkOptions,
): Promise<void> {
  await using file = await open(path, 'wx+', 0o600);
  let held = 0;
  let most: number | undefined;
  const watch = async (): Promise<void> => {
    const { size, blocks } = await file.stat();
    await room.take(Math.max(0, blocks * 512 - held));
    held = Math.max(held, blocks * 512);
    most ??= await lengthByHeaders(file, size);
    requireNoMore(name, size, most);
    onProgress(size);
  };
  const bytes: Bytes = createReadStream(packed, { highWaterMark: blockSize });
  await decompressInto(file, { bytes, compression, name }, watch, signal);
}

function requireNoMore(name: string, size: number, most: number | undefined): void {
  if (size <= (most ?? mostOfCore)) return;
  throw bad(
    `${name} holds more than its ELF headers tell of: ${size} bytes, and it goes on`,
    'get the file again from where the core was taken',
  );
}

/** The most bytes that the file can have, by its headers; `undefined` as long as these have not come. */
async function lengthByHeaders(file: FileHandle, written: number): Promise<number | undefined> {
  const read = fileReader(file);
  const header = parseElfHeader(await read(0, 64));
  if (header === undefined || header.phnum === noHeaderCount) return mostOfCore;
  if (header.type !== 'core') return mostOfExecutable;
  const tableEnd = header.phoff + header.phnum * 56;
  // What is zero has not been written.
  if (tableEnd > written) return undefined;
  const ends = (await readProgramHeaders(read, header))
    .filter(({ type }) => type === PT_LOAD || type === PT_NOTE)
    .map(({ offset, filesz }) => offset + filesz);
  return Math.min(mostOfCore, Math.max(tableEnd, header.shoff + header.shnum * 64, ...ends) + slack);
}
