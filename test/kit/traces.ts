import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';

const overlap = 1024;
const zeros = Buffer.alloc(1 << 18);

/** Which of some byte strings occur in what a stream says; pieces that are cut in two are found too. */
async function found(stream: AsyncIterable<Buffer>, needles: readonly Buffer[]): Promise<Set<number>> {
  const out = new Set<number>();
  let before = Buffer.alloc(0);
  for await (const chunk of stream) {
    if (chunk.equals(zeros.subarray(0, chunk.length))) {
      before = Buffer.alloc(0);
      continue;
    }
    const bytes = Buffer.concat([before, chunk]);
    for (const [i, needle] of needles.entries()) if (!out.has(i) && bytes.includes(needle)) out.add(i);
    before = bytes.subarray(-overlap);
  }
  return out;
}

/** Pieces of a secret: every one of `length` bytes, so that no part of it goes unseen. */
export function piecesOf(secret: Buffer | string, length: number): Buffer[] {
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret;
  return Array.from({ length: bytes.length - length + 1 }, (_, i) => bytes.subarray(i, i + length));
}

/** How many of the pieces occur anywhere in a folder's files. */
export async function tracesIn(folder: string, needles: readonly Buffer[]): Promise<number> {
  let count = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    count += (await found(createReadStream(path, { highWaterMark: 1 << 18 }), needles)).size;
  }
  return count;
}

export async function tracesInArchive(file: string, needles: readonly Buffer[]): Promise<number> {
  return (await found(createReadStream(file).pipe(createGunzip()), needles)).size;
}
