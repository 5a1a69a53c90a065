import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { diskFull } from '../capture/space.js';
import { LabError, messageOf } from '../errors.js';
import { fileRefusal } from '../file-refusal.js';
import { writeSparse } from '../sparse-file.js';

/** A file that came home. */
export interface Received {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  /** Bytes, holes included. */
  readonly size: number;
}

export interface ReceivedCore {
  readonly server: Received;
  readonly core: Received;
  /** What crossed the network, bytes. */
  readonly transferred: number;
}

/** What the helper's archive consists of, in this order. */
const entries = ['server', 'core', 'capture.json'] as const;
const writeChunk = 4 << 20;
/** Bytes. No linker makes a larger program; a core is as large as what a process may map; the account is a few lines. */
const most: Readonly<Record<string, number>> = {
  server: 4 * 2 ** 30,
  core: 2 ** 42,
  'capture.json': 1 << 20,
};

/**
 * Unpacks the helper's gzip-compressed tar as it comes into a folder that exists: `server` and `core`, mode 0600, holes
 * where they are zero. Throws `undecided` when it is cut off or is no such archive, and `no-space`; what it wrote until
 * then is the caller's to remove.
 */
export async function receiveCore(
  stream: Readable,
  folder: string,
  signal: AbortSignal,
): Promise<ReceivedCore> {
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  const tar = extract();
  let transferred = 0;
  stream.on('data', (part: Buffer) => {
    transferred += part.length;
  });
  // Errors of each part end the last one, which is the one that is read.
  for (const part of [stream, gunzip]) part.on('error', (error: Error) => tar.destroy(error));
  // What is killed in the middle closes its stream without an end.
  stream.once('close', () => gunzip.end());
  stream.pipe(gunzip).pipe(tar);
  const onAbort = () => tar.destroy(new DOMException('aborted', 'AbortError'));
  signal.addEventListener('abort', onAbort, { once: true });
  const received = new Map<string, Received>();
  try {
    signal.throwIfAborted();
    for await (const entry of tar) {
      const expected = entries[received.size];
      requireEntry(entry.header, expected);
      received.set(entry.header.name, await writeEntry(entry, join(folder, entry.header.name), signal));
    }
  } catch (error) {
    throw explained(error, signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    stream.unpipe(gunzip);
    gunzip.destroy();
  }
  const [server, core] = [received.get('server'), received.get('core')];
  if (server === undefined || core === undefined || received.size < entries.length) {
    throw cut(received.size === 0 ? 'nothing came' : 'it ends in the middle');
  }
  return { server, core, transferred };
}

function requireEntry({ name, type, size }: Header, expected: string | undefined): void {
  if (name !== expected || type !== 'file') throw cut(`it holds ${JSON.stringify(name)}, a ${type}`);
  if (size === undefined || size > (most[name] ?? 0)) throw cut(`${name} would have ${size} bytes`);
}

async function writeEntry(
  entry: AsyncIterable<unknown>,
  path: string,
  signal: AbortSignal,
): Promise<Received> {
  await using file = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let at = 0;
  for await (const part of entry) {
    if (!Buffer.isBuffer(part)) continue;
    signal.throwIfAborted();
    hash.update(part);
    for (let from = 0; from < part.length; from += writeChunk) {
      await writeSparse(file, part.subarray(from, from + writeChunk), at + from);
    }
    at += part.length;
  }
  await file.truncate(at);
  return { path, sha256: hash.digest('hex'), size: at };
}

function explained(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof LabError) return error;
  if (fileRefusal(error) === 'full') return diskFull(`the core does not fit: ${messageOf(error)}`, error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // Of the disk that is written to.
  if (/^E(?!RR_|PIPE)/.test(code)) return error;
  return cut(messageOf(error), error);
}

function cut(why: string, cause?: unknown): LabError {
  return new LabError(`the core did not come home whole: ${why}`, {
    code: 'undecided',
    hint: 'look whether the connection is stable, then run the same command again',
    cause,
  });
}
