import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../errors.js';
import { makeFolder } from '../make-folder.js';

const stagingPrefix = '.staging-';
/** Longer than any install takes, so that no running one loses its folder. */
const abandonedMs = 2 * 3_600_000;

/**
 * Makes `<cache>/<name>` whole or not at all: `fill` works in a fresh folder beside it, which takes the
 * final name only when `fill` has returned. When another process was faster, its folder stays and is used.
 * `isWhole` tells a good folder from the rest of a broken one. Returns the final folder.
 */
export async function installInto(
  cache: string,
  name: string,
  fill: (folder: string) => Promise<void>,
  isWhole: (folder: string) => Promise<boolean>,
): Promise<string> {
  const final = join(cache, name);
  await makeFolder(cache, 0o777, 'set LAB_CACHE to a folder that you may write to');
  await removeAbandoned(cache);
  const staging = await mkdtemp(join(cache, stagingPrefix));
  try {
    await fill(staging);
    if (!(await isWhole(staging))) {
      throw new LabError(`installing ${name} left no usable file`, { code: 'internal' });
    }
    if (!(await moveTo(staging, final)) && !(await isWhole(final))) {
      // What stands there is broken and no process repairs it: ours replaces it.
      await rename(final, join(staging, 'replaced'));
      await moveTo(staging, final);
      await rm(join(final, 'replaced'), { recursive: true, force: true });
    }
    return final;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** False when the name is taken; rename(2) never replaces a folder that has content. */
async function moveTo(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')
    ) {
      return false;
    }
    throw error;
  }
}

/** What a killed install left behind. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    if (!entry.startsWith(stagingPrefix)) continue;
    const folder = join(cache, entry);
    const seen = await stat(folder).catch(() => undefined);
    if (seen !== undefined && Date.now() - seen.mtimeMs > abandonedMs) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
