import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { LabError } from '../errors.js';
import type { CallOptions, RpcConnection } from './rpc.js';

export interface RawListing {
  readonly bytes: number;
  /** How many of Delve's answers the file was made of. */
  readonly pages: number;
}

/** Up to this many goroutines the file is one answer of Delve, byte for byte. */
export const rawPageSize = 20_000;

const arrayStart = Buffer.from('"Goroutines":[');
const arrayEnd = Buffer.from('],"Nextg":');
/** The rest of an answer after its array holds counters and error text only. */
const tailBytes = 4096;

/**
 * Saves Delve's raw answer to ListGoroutines as one JSON document: `jq '.result.Goroutines[0:5]'` reads it.
 * Bytes go straight from the connection to the file. Programs with more than `pageSize` goroutines are
 * fetched in pages (an unpaged answer for a million takes Delve 7 GB), whose arrays are joined in the file:
 * the tail behind the array is cut off before the next page's elements are appended.
 *
 * The file appears under its name when it is complete, mode 0600: it is as secret as the core.
 */
export async function saveRawGoroutines(
  rpc: RpcConnection,
  path: string,
  options: CallOptions,
  pageSize = rawPageSize,
): Promise<RawListing> {
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  let pages = 0;
  let size = 0;
  try {
    const file = await open(partial, 'wx+', 0o600);
    try {
      for (let start = 0; start >= 0; pages++) {
        const request = { Start: start, Count: pageSize };
        const sink = pages === 0 ? appendTo(file, () => 0) : appendElements(file, size);
        await rpc.stream('ListGoroutines', request, sink, options);
        const end = await endOfArray(file);
        start = end.next;
        size = end.size;
        if (start >= 0) {
          await file.truncate(end.arrayEnd);
          size = end.arrayEnd;
        }
      }
      await file.write('\n', size);
    } finally {
      await file.close();
    }
    await rename(partial, path);
    return { bytes: size + 1, pages };
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

function appendTo(file: FileHandle, begin: () => number): (bytes: Buffer) => Promise<void> {
  let at: number | undefined;
  return async (bytes) => {
    at ??= begin();
    await file.write(bytes, 0, bytes.length, at);
    at += bytes.length;
  };
}

/** Appends an answer without its head, so that its first element follows the last one of the file. */
function appendElements(file: FileHandle, end: number): (bytes: Buffer) => Promise<void> {
  const append = appendTo(file, () => end);
  let head: Buffer | undefined = Buffer.alloc(0);
  return async (bytes) => {
    if (head === undefined) return append(bytes);
    head = Buffer.concat([head, bytes]);
    const at = head.indexOf(arrayStart);
    const from = at + arrayStart.length;
    if (at < 0 || head.length === from) {
      if (head.length > tailBytes) throw unknownForm(head);
      return;
    }
    const rest = head.subarray(from);
    head = undefined;
    // An empty page begins with the array's end and needs no comma.
    if (rest[0] !== arrayEnd[0]) await append(Buffer.from(','));
    await append(rest);
  };
}

async function endOfArray(
  file: FileHandle,
): Promise<{ readonly arrayEnd: number; readonly size: number; readonly next: number }> {
  const { size } = await file.stat();
  const from = Math.max(0, size - tailBytes);
  const tail = Buffer.alloc(size - from);
  await file.read(tail, 0, tail.length, from);
  // A quote inside a string is escaped, so the last match is the real end of the array.
  const at = tail.lastIndexOf(arrayEnd);
  const next = /"Nextg":(-?\d+)/.exec(tail.subarray(Math.max(at, 0)).toString('latin1'))?.[1];
  if (next === undefined) throw unknownForm(tail);
  if (at < 0) return { arrayEnd: size, size, next: -1 };
  return { arrayEnd: from + at, size, next: Number(next) };
}

function unknownForm(bytes: Buffer): LabError {
  const text = bytes.subarray(0, 300).toString('utf8');
  return new LabError(`Delve's list of goroutines has an unknown form: ${text}`, {
    code: 'undecided',
    hint: 'check that the executable is the one that made the core',
  });
}
