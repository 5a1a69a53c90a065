import { mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { otherSourcesFolder } from '../run-sources.js';
import type { SourceText } from '../source/facts.js';
import { inFolder } from './archive.js';

/**
 * Puts texts that a program is read from into a kit's folder by their recorded paths, as old as the files that they are
 * of. Returns the files by their paths in the kit.
 */
export async function writeOtherSources(
  texts: readonly SourceText[],
  kit: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const { recorded, local, text } of texts) {
    signal.throwIfAborted();
    const path = otherSourcesFolder + recorded;
    const to = inFolder(kit, path);
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, text, { mode: 0o600 });
    const { mtime } = await stat(local).catch(() => ({ mtime: new Date(0) }));
    await utimes(to, mtime, mtime);
    files.set(path, to);
  }
  return files;
}
