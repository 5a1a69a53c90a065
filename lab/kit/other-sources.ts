import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { otherSourcesFolder } from '../run-sources.js';
import type { SourceRead } from '../source/facts.js';
import { inFolder } from './archive.js';

const license = 'LICENSE';

/**
 * Puts sources that the analysis read into a kit's folder by their recorded paths. Returns the files by their paths in
 * the kit.
 */
export async function writeOtherSources(
  sources: readonly SourceRead[],
  kit: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const put = async (path: string, text: string, mtime: Date) => {
    const to = inFolder(kit, path);
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, text, { mode: 0o600 });
    await utimes(to, mtime, mtime);
    files.set(path, to);
  };
  const roots = new Set<string>();
  for (const { recorded, local } of sources) {
    signal.throwIfAborted();
    const { mtime } = await stat(local);
    await put(otherSourcesFolder + recorded, await readFile(local, 'utf8'), mtime);
    const root = local.lastIndexOf('/src/');
    if (root >= 0) roots.add(local.slice(0, root));
  }
  for (const root of roots) {
    const from = join(root, license);
    if (!existsSync(from)) continue;
    await put(
      `${otherSourcesFolder}${root}/${license}`,
      await readFile(from, 'utf8'),
      (await stat(from)).mtime,
    );
  }
  return files;
}
