import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { interrupted, LabError } from '../../errors.js';
import { hashFile, sparseHash, writeSparse } from '../../sparse-file.js';
import type { DownloadOptions, Transfer } from '../target.js';
import { blockSize, mapFile, type RemoteFile } from './data-map.js';
import { refusalOf } from './failures.js';
import type { Link } from './link.js';
import { receiveBlocks } from './receive-blocks.js';

/** In a row, without anything brought in between. */
const fruitlessMax = 3;
const noteEvery = 32 << 20;

/** How far a transfer came, beside the file that is not complete yet. */
const journalSchema = z.object({ version: z.string(), done: z.number().int().nonnegative() });

interface Job {
  readonly link: Link;
  readonly path: string;
  readonly part: string;
  readonly journal: string;
  readonly gzip: boolean;
  readonly options: DownloadOptions;
}

/**
 * {@link Target.download} over SSH: only what holds data is read there, compressed, and written at its place here. How far
 * it came stands in a journal, so that the next attempt, or the next run, goes on from there while the file is the
 * same.
 */
export async function downloadOver(
  link: Link,
  path: string,
  localPath: string,
  { gzip, options }: { readonly gzip: boolean; readonly options: DownloadOptions },
): Promise<Transfer> {
  const part = `${localPath}.part`;
  const job: Job = { link, path, part, journal: `${part}.json`, gzip, options };
  const { signal } = options;
  let transferredBytes = 0;
  for (let fruitless = 0; ; ) {
    const before = await journalOf(job);
    try {
      const remote = await mapFile(link, path, signal);
      const hash = await fetchRest(job, remote, (bytes) => {
        transferredBytes += bytes;
      });
      await verify(job, remote, hash);
      await rename(part, localPath);
      await rm(job.journal, { force: true });
      return { transferredBytes };
    } catch (error) {
      if (signal.aborted) throw interrupted(error);
      const reason = refusalOf(error);
      if (reason !== 'lost' && reason !== 'time-out') throw error;
      const after = await journalOf(job);
      fruitless = after !== undefined && after.done !== before?.done ? 0 : fruitless + 1;
      if (fruitless >= fruitlessMax) throw error;
    }
  }
}

/** Returns the file's SHA-256 when all of it was received and one is asked for. */
async function fetchRest(
  job: Job,
  remote: RemoteFile,
  count: (bytes: number) => void,
): Promise<string | undefined> {
  const { part, options } = job;
  const noted = await journalOf(job);
  const known = noted?.version === remote.version ? noted.done : 0;
  const file = await opened(part, known);
  await using _ = file.handle;
  let { done } = file;
  const note = (): Promise<void> =>
    writeFile(job.journal, JSON.stringify({ version: remote.version, done }), { mode: 0o600 });
  let notedAt = done;
  const hash = done === 0 && options.sha256 !== undefined ? sparseHash() : undefined;
  try {
    await note();
    const source = { ...job, remote, signal: options.signal };
    await receiveBlocks(source, done, count, async (bytes, at) => {
      await Promise.all([writeSparse(file.handle, bytes, at), hash?.add(bytes, at)]);
      // Blocks are asked for as a whole, so the journal speaks of whole ones.
      done = at + bytes.length - ((at + bytes.length) % blockSize);
      options.onProgress?.({ done: at + bytes.length, total: remote.size });
      if (done - notedAt < noteEvery) return;
      notedAt = done;
      await note();
    });
    await file.handle.truncate(remote.size);
    await file.handle.datasync();
    done = remote.size;
    options.onProgress?.({ done, total: remote.size });
    return await hash?.digest(remote.size);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
      throw new LabError(`there is no space for ${part}: ${error.message}`, {
        code: 'no-space',
        hint: 'free some space and run the same command again: it goes on from there',
        cause: error,
      });
    }
    throw error;
  } finally {
    await note().catch(() => undefined);
  }
}

/** What lies behind the noted place is dropped: zeros are not written, so it has to be zero. */
async function opened(
  part: string,
  known: number,
): Promise<{ readonly handle: FileHandle; readonly done: number }> {
  const before = known === 0 ? undefined : await open(part, 'r+').catch(() => undefined);
  if (before === undefined) {
    await rm(part, { force: true });
    return { handle: await open(part, 'wx', 0o600), done: 0 };
  }
  await before.truncate(known);
  return { handle: before, done: known };
}

async function journalOf({ journal }: Job): Promise<z.infer<typeof journalSchema> | undefined> {
  try {
    return journalSchema.parse(JSON.parse(await readFile(journal, 'utf8')));
  } catch {
    return undefined;
  }
}

async function verify(
  { link, path, part, journal, options }: Job,
  remote: RemoteFile,
  hash: string | undefined,
): Promise<void> {
  const { signal, sha256 } = options;
  const wrong =
    sha256 === undefined
      ? (await mapFile(link, path, signal)).version !== remote.version && 'it was changed meanwhile'
      : (hash ?? (await hashFile(part, signal))) !== sha256.toLowerCase() &&
        'its SHA-256 is another than the one asked for';
  if (wrong === false) return;
  await rm(part, { force: true });
  await rm(journal, { force: true });
  throw new LabError(`${path} of ${link.how.host.name} did not arrive as it is there: ${wrong}`, {
    code: 'target',
    hint: 'look whether something still writes to it, then run the same command again',
  });
}
