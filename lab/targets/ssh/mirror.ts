import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { hashFile } from '../../sparse-file.js';
import { rejected, send } from './files.js';
import type { Link } from './link.js';
import { streamScript } from './scripts.js';
import { runScript } from './session.js';

interface Entry {
  /** Inside the folder, with slashes. */
  readonly name: string;
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly mtime: Date;
  /** Hash of a file, target of a link. */
  readonly content: string;
  readonly type: 'file' | 'symlink' | 'directory';
}

/** The folder takes its name only when all of it is there; whoever else brought it meanwhile brought the same. */
const unpackScript = streamScript(`
lab_part="$1.$lab_mark"
trap 'rm -rf -- "$lab_part"' EXIT
umask 077
mkdir -p -- "$lab_part" || exit
if [ "$2" = gzip ]; then gzip -dc | tar -xf - -C "$lab_part" || exit; else tar -xf - -C "$lab_part" || exit; fi
[ -e "$lab_part/$3" ] || { echo "the archive was cut" >&2; exit 1; }
rm -f -- "$lab_part/$3"
[ -d "$1" ] || mv -- "$lab_part" "$1" || [ -d "$1" ]
`);

const existsScript = streamScript('[ -d "$1" ]');

/**
 * {@link Target.mirror} over SSH: into a folder that is named after what is in it, so that unchanged sources are sent
 * once. Files, links and their modes.
 */
export async function mirrorOver(
  link: Link,
  localFolder: string,
  { workFolder, gzip }: { readonly workFolder: string; readonly gzip: boolean },
  signal: AbortSignal,
): Promise<string> {
  const entries = await walk(resolve(localFolder), '', signal);
  const hash = createHash('sha256');
  for (const { name, mode, type, content } of entries)
    hash.update(JSON.stringify([name, mode, type, content]));
  const digest = hash.digest('hex').slice(0, 16);
  const path = `${workFolder}/${basename(resolve(localFolder))}-${digest}`;
  const there = await runScript(link, existsScript, [path], signal);
  if (there.exitCode === 0) return path;
  if (there.stderr !== '') throw rejected(link.how.host.name, `${path} was looked for`, there.stderr);
  const last = `.lab-${digest}`;
  const args = [path, gzip ? 'gzip' : 'plain', last];
  await send(link, unpackScript, args, `${localFolder} was sent`, signal, async (sink, ended) => {
    const archive = pack();
    const filled = fill(archive, entries, last);
    const sent = gzip
      ? pipeline(archive, createGzip({ level: 1 }), sink, { signal: ended })
      : pipeline(archive, sink, { signal: ended });
    const [, outcome] = await Promise.allSettled([filled, sent.finally(() => archive.destroy())]);
    if (outcome.status === 'rejected') throw outcome.reason;
    await filled;
  });
  return path;
}

async function walk(folder: string, inside: string, signal: AbortSignal): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const entry of (await readdir(join(folder, inside))).sort()) {
    signal.throwIfAborted();
    const name = inside === '' ? entry : `${inside}/${entry}`;
    const path = join(folder, name);
    const seen = await lstat(path);
    const common = { name, path, mode: seen.mode & 0o777, mtime: seen.mtime };
    if (seen.isDirectory()) {
      entries.push({ ...common, size: 0, content: '', type: 'directory' });
      entries.push(...(await walk(folder, name, signal)));
    } else if (seen.isSymbolicLink()) {
      entries.push({ ...common, size: 0, content: await readlink(path), type: 'symlink' });
    } else if (seen.isFile()) {
      entries.push({ ...common, size: seen.size, content: await hashFile(path, signal), type: 'file' });
    }
  }
  return entries;
}

async function fill(archive: Pack, entries: readonly Entry[], last: string): Promise<void> {
  for (const { name, path, mode, size, mtime, content, type } of entries) {
    const header = { name, mode: type === 'directory' ? mode | 0o700 : mode, mtime, type };
    if (type === 'file') {
      // A file that grew since it was looked at would not fit its header.
      if (size === 0) archive.entry(header, '');
      else await pipeline(createReadStream(path, { end: size - 1 }), archive.entry({ ...header, size }));
    } else {
      archive.entry(type === 'symlink' ? { ...header, linkname: content } : header);
    }
  }
  archive.entry({ name: last, mode: 0o600 }, '');
  archive.finalize();
}
