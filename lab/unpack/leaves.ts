import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { openPromise } from 'yauzl';
import { bad } from '../core/input-file.js';
import { type Compression, wrappingOf } from '../core/wrapping.js';
import { LabError, messageOf } from '../errors.js';
import { type Bytes, peek } from './bytes.js';
import { type ByTool, decompress } from './decompress.js';

/** A file in whatever wrappings, the wrappings taken off. */
export interface Leaf {
  /** Names of the archive's members on the way to it; empty for a file that is compressed only. */
  readonly path: readonly string[];
  /** What it begins with. */
  readonly head: Buffer;
  /** Read at most once; nobody has to. */
  readonly bytes: Bytes;
  /** Of the member of the archive, or of the file that was named; milliseconds of the Unix epoch. */
  readonly mtimeMs: number;
  /** Of a file that is compressed and nothing else: how, for a program that reads it itself. */
  readonly compression?: ByTool;
}

export interface Looked {
  readonly leaves: number;
  /** Why members of the archive could not be looked into, each a part of a sentence: `a.core is encrypted`. */
  readonly closed: readonly string[];
}

interface Walk {
  readonly file: string;
  readonly visit: (leaf: Leaf) => Promise<void>;
  readonly signal: AbortSignal;
  readonly closed: string[];
  leaves: number;
  /** Bytes of a tar file that nobody wanted. */
  passed: number;
}

interface Level {
  readonly path: readonly string[];
  readonly mtimeMs: number;
  readonly depth: number;
  /** Of what this is the inside of, when that is the file that was named. */
  readonly compression?: Compression;
}

/** Wrappings around wrappings: a layer of an image in a compressed archive has four. */
const maxDepth = 6;
const maxMembers = 200_000;
/** No image has so much beside a core. */
const maxPassed = 2 ** 38;
const readSize = 1 << 20;

/** Calls `visit` for every file in a file that is compressed or an archive, one after the other. Throws `usage`. */
export async function visitLeaves(
  file: string,
  visit: (leaf: Leaf) => Promise<void>,
  signal: AbortSignal,
): Promise<Looked> {
  const walk: Walk = { file, visit, signal, closed: [], leaves: 0, passed: 0 };
  const { mtimeMs } = await stat(file);
  const top = { path: [], mtimeMs, depth: 0 };
  const bytes = createReadStream(file, { highWaterMark: readSize });
  const wrapping = await wrappingIn(file);
  if (wrapping.kind === 'archive' && wrapping.archive === 'zip') {
    bytes.destroy();
    await visitZip(walk, top);
  } else await visitBytes(walk, bytes, top);
  return walk;
}

/** How a file begins. */
export async function wrappingIn(file: string) {
  const { head, close } = await peek(createReadStream(file, { end: 4_095 }));
  await close();
  return wrappingOf(head, basename(file));
}

async function visitBytes(walk: Walk, stream: Bytes, level: Level): Promise<void> {
  const { head, bytes, close } = await peek(stream);
  try {
    const wrapping = wrappingOf(head, level.path.at(-1) ?? basename(walk.file));
    if (wrapping.kind === 'unknown') walk.closed.push(`${nameOf(walk, level)} is ${wrapping.name}`);
    if (wrapping.kind === 'none' || wrapping.kind === 'unknown') {
      walk.leaves++;
      const { path, mtimeMs, compression } = level;
      const byTool = compression === undefined || compression === 'gzip' ? {} : { compression };
      await walk.visit({ path, head, bytes, mtimeMs, ...byTool });
      return;
    }
    const inner = { ...level, depth: level.depth + 1 };
    if (inner.depth > maxDepth)
      throw bad(`${walk.file} has more than ${maxDepth} wrappings`, 'unpack it yourself');
    if (wrapping.kind === 'compressed') {
      const { compression } = wrapping;
      const name = nameOf(walk, level);
      const { path, mtimeMs, depth } = inner;
      const next = { path, mtimeMs, depth, ...(level.depth === 0 ? { compression } : {}) };
      await visitBytes(walk, decompress(bytes, compression, name, walk.signal), next);
    } else if (wrapping.archive === 'tar') await visitTar(walk, bytes, inner);
    else walk.closed.push(`${nameOf(walk, level)} is a zip file within another file`);
  } finally {
    await close();
  }
}

async function visitTar(walk: Walk, bytes: Bytes, level: Level): Promise<void> {
  const tar = extract();
  const feeding = pipeline(Readable.from(bytes), tar, { signal: walk.signal });
  feeding.catch(() => undefined);
  let members = 0;
  try {
    for await (const entry of tar) {
      const { name, type, size = 0, mtime, pax } = entry.header;
      const path = [...level.path, name];
      if (++members > maxMembers) throw bad(`${walk.file} has more than ${maxMembers} files`, unpackIt);
      // GNU's forms of a file with holes: neither is a plain stream of its bytes.
      if (type === null || Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse'))) {
        walk.closed.push(`${nameOf(walk, { path })} is stored with holes, as \`tar --sparse\` does`);
      } else if (type === 'file') {
        // In the newer form with parts of a second: looks at one process may lie in the same one.
        const exactly = Number((pax as Record<string, string> | null | undefined)?.['mtime']) * 1_000;
        const mtimeMs = exactly > 0 ? exactly : (mtime?.getTime() ?? level.mtimeMs);
        await visitBytes(walk, entry as unknown as Bytes, { path, mtimeMs, depth: level.depth });
      }
      walk.passed += size;
      if (walk.passed > maxPassed) throw bad(`${walk.file} unpacks to more than any core needs`, unpackIt);
      entry.resume();
    }
    await feeding;
  } catch (error) {
    walk.signal.throwIfAborted();
    if (error instanceof LabError || isOfFileSystem(error)) throw error;
    throw damagedArchive(walk.file, 'tar', error);
  }
}

async function visitZip(walk: Walk, level: Level): Promise<void> {
  try {
    const zip = await openPromise(walk.file, { autoClose: false });
    try {
      if (zip.entryCount > maxMembers) throw bad(`${walk.file} has more than ${maxMembers} files`, unpackIt);
      for await (const entry of zip.eachEntry()) {
        walk.signal.throwIfAborted();
        const name = entry.fileName;
        if (name.endsWith('/')) continue;
        const path = [...level.path, name];
        if (entry.isEncrypted()) walk.closed.push(`${nameOf(walk, { path })} is encrypted`);
        else if (!entry.canDecodeFileData()) {
          const method = `method ${entry.compressionMethod} of the zip format`;
          walk.closed.push(`${nameOf(walk, { path })} is compressed with ${method}`);
        } else {
          const mtimeMs = entry.getLastModDate().getTime();
          const stream: Readable = await zip.openReadStreamPromise(entry);
          await visitBytes(walk, stream, { path, mtimeMs, depth: level.depth + 1 });
        }
      }
    } finally {
      zip.close();
    }
  } catch (error) {
    walk.signal.throwIfAborted();
    if (error instanceof LabError || isOfFileSystem(error)) throw error;
    throw damagedArchive(walk.file, 'zip', error);
  }
}

const unpackIt = 'unpack it yourself, and pass the core';

export function nameOf({ file }: Pick<Walk, 'file'>, { path }: Pick<Level, 'path'>): string {
  return path.length === 0 ? file : `${path.join('/')} in ${file}`;
}

const isOfFileSystem = (error: unknown) => error instanceof Error && 'syscall' in error;

function damagedArchive(file: string, kind: string, cause: unknown): LabError {
  return bad(
    `${file} is cut off or damaged: ${kind} cannot be read (${messageOf(cause)})`,
    'copy the file again from where the core was taken',
    cause,
  );
}
