import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../errors.js';
import type { Place } from './place.js';

/** Below this part of its size on disk there is little to win. */
const dugBelow = 0.5;

/**
 * Gives the zeros in the cores of a working folder back to the disk; returns the bytes that this freed. Cores that were
 * written to within the last `settledMs` milliseconds are left alone: digging races with whoever still writes. The time
 * of the last change stays as it was, because kept diagnoses are found by it. Nothing is lost where fallocate is missing.
 */
export async function digCores(
  { folder, target, signal }: Pick<Place, 'folder' | 'target' | 'signal'>,
  settledMs: number,
): Promise<number> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^core(?:\.\d+)?$/.test(name));
  let freed = 0;
  for (const name of names) {
    const file = join(folder, name);
    const before = await stat(file).catch(() => undefined);
    if (before === undefined || before.blocks * 512 < before.size * dugBelow) continue;
    if (Date.now() - before.mtimeMs < settledMs) continue;
    try {
      await target.exec(['fallocate', '--dig-holes', '--', file], { signal });
    } catch (error) {
      if (error instanceof LabError && error.code === 'missing-tool') return freed;
      throw error;
    }
    await utimes(file, before.atime, before.mtime);
    freed += (before.blocks - (await stat(file)).blocks) * 512;
  }
  return freed;
}
