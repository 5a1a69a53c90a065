import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../lab/paths.js';

/** The tools of the cache in a folder of a test's own, where no answer about any program is known yet, and nothing unpacked. */
export async function linkedCache(folder: string): Promise<{ forget(): Promise<void> }> {
  await mkdir(folder, { recursive: true });
  const answers = 'facts-answers';
  for (const name of await readdir(cacheFolder())) {
    if (name !== answers && name !== 'unpacked') await symlink(join(cacheFolder(), name), join(folder, name));
  }
  return { forget: () => rm(join(folder, answers), { recursive: true, force: true }) };
}
