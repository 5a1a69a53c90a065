import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { LabError, messageOf, toLabError } from '../errors.js';
import { writeSparse } from '../sparse-file.js';
import { inFolder, limitBytes } from './archive.js';
import { diskFull } from './disk-full.js';
import { type KitFile, type Manifest, manifestName } from './manifest.js';
import { readManifest } from './read-manifest.js';
import { makeStage } from './stage.js';

export interface OpenedKit {
  readonly dir: string;
  readonly manifest: Manifest;
}

/** Of `kit.json`, and of all before it. */
const maxManifest = 32 << 20;
/** What tar adds to each file: its header, one for a long name, and filling. */
const perFile = 8192;
const writeChunk = 4 << 20;

/**
 * Opens a kit into a folder that does not exist yet or is empty; named after the run unless told. Every file is
 * checked against the manifest while it is written, and the folder appears only when all are right.
 *
 * Throws `usage` when the file is no kit, is damaged, or holds anything that its manifest does not tell of: other
 * files, links, devices, paths that leave the folder, more bytes; and `no-space`.
 */
export async function openKit(
  { file, dir }: { readonly file: string; readonly dir?: string | undefined },
  signal: AbortSignal,
): Promise<OpenedKit> {
  const source = await stat(file).catch(() => undefined);
  if (source?.isFile() !== true) throw usage(`there is no kit ${file}`, 'check the path');
  const parent = dir === undefined ? process.cwd() : dirname(resolve(dir));
  if (dir !== undefined) await requireFree(resolve(dir));
  await using stage = await makeStage(parent);
  const manifest = await diskFull(unpack(file, stage.path, signal), parent);
  const to = resolve(dir ?? manifest.name);
  await requireFree(to);
  await rename(stage.path, to);
  return { dir: to, manifest };
}

async function unpack(file: string, stage: string, signal: AbortSignal): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const missing = new Map<string, KitFile>();
  const most = () =>
    manifest === undefined
      ? maxManifest
      : manifest.files.reduce((sum, { size }) => sum + size + perFile, maxManifest);
  const bomb = () => damaged(file, 'it holds more than its manifest tells of');
  const tar = extract();
  // Errors of each part end the last one, which is the one that is read.
  const gunzip = createGunzip();
  const limited = limitBytes(
    memoized(most, () => manifest),
    bomb,
  );
  const packed = createReadStream(file);
  const parts: readonly Readable[] = [packed, gunzip, limited];
  for (const part of parts) part.on('error', (error: Error) => tar.destroy(error));
  packed.pipe(gunzip).pipe(limited).pipe(tar);
  const onAbort = () => tar.destroy(new DOMException('aborted', 'AbortError'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    for await (const entry of tar) {
      const path = pathOf(entry.header, manifest, file);
      if (manifest === undefined) {
        if (path !== manifestName) throw damaged(file, `its first file is ${path}, not ${manifestName}`);
        const text = await textOf(buffersOf(entry), file);
        manifest = readManifest(text, file);
        const folder = entry.header.name.slice(0, -manifestName.length - 1);
        if (folder !== manifest.name) throw damaged(file, 'its folder is not named as its manifest says');
        for (const one of manifest.files) missing.set(one.path, one);
        await writeFile(join(stage, manifestName), text, { mode: 0o600 });
        continue;
      }
      const expected = missing.get(path);
      if (expected === undefined) throw damaged(file, `${path} is not in its manifest, or comes twice`);
      missing.delete(path);
      if (entry.header.size !== expected.size) throw damaged(file, `${path} has another size`);
      await writeEntry(buffersOf(entry), expected, stage, file);
    }
  } catch (error) {
    throw explain(error, file, signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    for (const part of parts) part.destroy();
  }
  if (manifest === undefined) throw damaged(file, 'it is empty');
  const [first] = missing.keys();
  if (first !== undefined) throw damaged(file, `${first} is missing`);
  return manifest;
}

/** The limit changes once, when the manifest is known. */
function memoized(most: () => number, key: () => unknown): () => number {
  let known: { readonly key: unknown; readonly value: number } | undefined;
  return () => {
    if (known === undefined || known.key !== key()) known = { key: key(), value: most() };
    return known.value;
  };
}

/** The path inside of the kit's folder. Only plain files are ever in a kit. */
function pathOf({ name, type }: Header, manifest: Manifest | undefined, file: string): string {
  if (type !== 'file') throw damaged(file, `${name} is no plain file but a ${type}`);
  const slash = name.indexOf('/');
  const folder = name.slice(0, slash);
  if (
    slash <= 0 ||
    folder === '..' ||
    folder === '.' ||
    (manifest !== undefined && folder !== manifest.name)
  ) {
    throw damaged(file, `${name} lies outside of its folder`);
  }
  return name.slice(slash + 1);
}

async function* buffersOf(entry: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const part of entry) if (Buffer.isBuffer(part)) yield part;
}

async function textOf(entry: AsyncIterable<Buffer>, file: string): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of entry) {
    size += part.length;
    if (size > maxManifest) throw damaged(file, `its ${manifestName} is too large`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function writeEntry(
  entry: AsyncIterable<Buffer>,
  expected: KitFile,
  stage: string,
  kit: string,
): Promise<void> {
  const { path, sha256, mode, mtimeMs } = expected;
  const to = inFolder(stage, path);
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  {
    await using file = await open(to, 'wx', 0o600);
    let at = 0;
    for await (const part of entry) {
      hash.update(part);
      for (let from = 0; from < part.length; from += writeChunk) {
        await writeSparse(file, part.subarray(from, from + writeChunk), at + from);
      }
      at += part.length;
    }
    await file.truncate(at);
  }
  if (hash.digest('hex') !== sha256) throw damaged(kit, `${path} is not what was packed`);
  await chmod(to, (mode & 0o111) === 0 ? 0o600 : 0o700);
  await utimes(to, new Date(), new Date(mtimeMs));
}

function explain(error: unknown, file: string, signal: AbortSignal): unknown {
  if (signal.aborted) return toLabError(new DOMException('aborted', 'AbortError'));
  if (error instanceof LabError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // Of the disk that is written to.
  if (/^E(?!RR_)/.test(code)) return error;
  return damaged(file, messageOf(error));
}

async function requireFree(dir: string): Promise<void> {
  const found = existsSync(dir) ? await readdir(dir).catch(() => ['a file']) : [];
  if (found.length > 0) throw usage(`${dir} exists already`, 'choose another folder with -o, or remove it');
}

function damaged(file: string, why: string): LabError {
  return usage(
    `${basename(file)} is no kit that can be trusted: ${why}`,
    'get the file again from who made it',
  );
}

function usage(message: string, hint: string): LabError {
  return new LabError(message, { code: 'usage', hint });
}
