import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip } from 'node:zlib';
import { interrupted, LabError, messageOf } from '../errors.js';
import { quoteWord } from '../quote-word.js';
import { fetchDump } from './fetch-dump.js';

const pieceSize = 1 << 20;

/**
 * The bytes of a file, of stdin (`-`), or of what an http or https address answers; unpacked where they are gzip's. Nothing
 * is opened before the first piece is asked for. Errors: `usage` for what cannot be read, `target` for a server that does
 * not answer as it should, `interrupted`.
 */
export async function* openDump(where: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  signal.throwIfAborted();
  try {
    yield* unpacked(bytesOf(where, signal), where, signal);
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    if (error instanceof LabError) throw error;
    throw unreadable(where, error);
  }
}

function bytesOf(where: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (/^https?:\/\//i.test(where)) return fetchDump(where, signal);
  // A terminal or a pipe that stays open would keep a command from ending when it is interrupted.
  if (where === '-') return process.stdin.iterator({ destroyOnReturn: true });
  return createReadStream(where, { highWaterMark: pieceSize, signal });
}

async function* unpacked(
  input: AsyncIterable<Uint8Array>,
  where: string,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const iterator = input[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  try {
    while (head.length < 2) {
      const { done, value } = await iterator.next();
      if (done === true) break;
      head = Buffer.concat([head, value]);
    }
    const all = following(head, iterator);
    if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzipped(all, where, signal);
    else yield* all;
  } finally {
    await iterator.return?.();
  }
}

async function* following(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** What is cut off is unpacked as far as it goes: the reader of dumps tells what is missing. */
async function* gunzipped(
  packed: AsyncIterable<Uint8Array>,
  where: string,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: pieceSize });
  const source = Readable.from(packed, { objectMode: false });
  // Its error comes out of the loop below as well.
  const feeding = pipeline(source, gunzip, { signal }).catch(() => undefined);
  try {
    for await (const piece of gunzip) yield piece as Buffer;
  } catch (error) {
    const isDamage = error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
    if (!isDamage) throw error;
    throw new LabError(`${nameOf(where)} is damaged: gzip cannot unpack it (${error.message})`, {
      code: 'usage',
      hint: 'copy the file once more, and compare the sizes',
      cause: error,
    });
  } finally {
    gunzip.destroy();
    source.destroy();
    await feeding;
  }
}

const nameOf = (where: string) => (where === '-' ? 'stdin' : where);

function unreadable(where: string, cause: unknown): LabError {
  const name = nameOf(where);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const usage = (message: string, hint: string) => new LabError(message, { code: 'usage', hint, cause });
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return usage(`the dump ${name} does not exist`, 'check the path; - is stdin, http://... a server');
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return usage(
      `the dump ${name} may not be read by this user`,
      `run \`sudo chown "$USER" ${quoteWord(where)}\``,
    );
  }
  if (code === 'EISDIR')
    return usage(`${name} is a folder, not a dump`, 'pass the file with the dump itself');
  return usage(`cannot read the dump ${name}: ${messageOf(cause)}`, 'look whether it can be read: head');
}
