import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { pack } from 'tar-stream';

/** Compresses a file by what people use for it. */
export async function compressed(file: string, compression: 'gzip' | 'zstd' | 'xz' | 'lz4', to: string) {
  if (compression === 'gzip')
    return await pipeline(createReadStream(file), createGzip({ level: 1 }), createWriteStream(to));
  const fast = compression === 'xz' ? ['-0'] : ['-1'];
  await execa(compression, [...fast, '-c', file], { stdout: { file: to } });
}

export async function tarFile(members: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(members)) tar.entry({ name }, content);
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const headerSize = 64;

/** A real core's first megabyte, with one segment that is said to end after that many bytes, or far away. */
export async function coreWithSegment(core: string, size: number): Promise<Buffer> {
  const head = Buffer.from((await readFile(core)).subarray(0, 1 << 20));
  head.writeBigUInt64LE(BigInt(headerSize), 32);
  head.writeBigUInt64LE(0n, 40);
  head.writeUInt16LE(1, 56);
  head.writeUInt16LE(0, 60);
  head.fill(0, headerSize, headerSize + 56);
  head.writeUInt32LE(1, headerSize);
  head.writeBigUInt64LE(4096n, headerSize + 8);
  head.writeBigUInt64LE(BigInt(size), headerSize + 32);
  return head;
}

/** A file that is small and unpacks to gigabytes: a beginning, then the same block over and over. */
export async function bomb(beginning: Buffer, block: Buffer, times: number, to: string): Promise<void> {
  // Members of gzip follow one another (RFC 1952).
  const repeated = gzipSync(block, { level: 9 });
  await writeFile(to, Buffer.concat([gzipSync(beginning), ...Array.from({ length: times }, () => repeated)]));
}
