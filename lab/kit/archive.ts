import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { interrupted } from '../errors.js';
import { type KitFile, type Manifest, manifestName } from './manifest.js';

/** Of a hundred thousand goroutines and more. */
const largeCore = 200e6;

/**
 * A gzipped tar: `tar xzf` opens a kit where there is no lab, and the core of a slimmed kit is a fraction of the
 * executable, whose debug information is compressed already, so that a better packer would save little.
 */
export async function writeArchive(
  { manifest, files, out }: KitContents,
  signal: AbortSignal,
): Promise<number> {
  const tar = pack();
  const sink = createWriteStream(out, { flags: 'wx', mode: 0o600, flush: true });
  // Given the signal itself, `pipeline` does not end with a stream of tar-stream's.
  const done = pipeline(tar, createGzip({ level: levelFor(manifest) }), sink);
  const onAbort = () => tar.destroy(interrupted());
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    // A full disk ends the pipeline; what feeds it then fails for that reason, not for its own.
    await Promise.race([feed(tar, manifest, files, signal), done]);
    await done;
  } catch (error) {
    tar.destroy(error instanceof Error ? error : undefined);
    await done;
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  return (await stat(out)).size;
}

/** The best one takes ten times as long as the usual one, to save a twentieth. */
function levelFor({ core }: Manifest): number {
  if (core.kind === 'whole') return 4;
  return core.size.after > largeCore ? 6 : 9;
}

export interface KitContents {
  readonly manifest: Manifest;
  /** Where the file of each path of the manifest lies. */
  readonly files: ReadonlyMap<string, string>;
  /** It does not exist yet. */
  readonly out: string;
}

async function feed(
  tar: Pack,
  manifest: Manifest,
  files: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const created = new Date(manifest.created);
  const folder = manifest.name;
  tar.entry({ name: `${folder}/${manifestName}`, mode: 0o600, mtime: created }, text);
  for (const { path, size, mode, mtimeMs } of manifest.files) {
    const from = files.get(path);
    if (from === undefined) throw new Error(`no file for ${path}`);
    const header = { name: `${folder}/${path}`, size, mode, mtime: new Date(mtimeMs) };
    signal.throwIfAborted();
    await addFile(tar, header, from);
  }
  tar.finalize();
}

/** Ends when the tar has taken all of it; node's `pipeline` does not see that of tar-stream's entries. */
function addFile(tar: Pack, header: Parameters<Pack['entry']>[0], from: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const source = createReadStream(from, { highWaterMark: 1 << 20 });
    const entry = tar.entry(header, (error) => {
      if (error === null || error === undefined) return resolve();
      source.destroy();
      reject(error);
    });
    source.on('error', reject).pipe(entry);
  });
}

/** Size, hash, mode and time of a file that is to be `path` in a kit. */
export async function describeFile(path: string, from: string, signal: AbortSignal): Promise<KitFile> {
  const { size, mode, mtimeMs } = await stat(from);
  const hash = createHash('sha256');
  await pipeline(createReadStream(from, { highWaterMark: 1 << 20 }), hash, { signal });
  return {
    ...{ path, size, sha256: hash.digest('hex') },
    ...{ mode: (mode & 0o111) === 0 ? 0o600 : 0o700, mtimeMs: Math.floor(mtimeMs) },
  };
}

/** Passes bytes on until they are more than `most()`. */
export function limitBytes(most: () => number, tooMany: () => Error): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      seen += chunk.length;
      if (seen > most()) done(tooMany());
      else done(null, chunk);
    },
  });
}

export const inFolder = (folder: string, path: string) => join(folder, ...path.split('/'));
