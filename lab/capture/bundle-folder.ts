import { existsSync } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LabError } from '../errors.js';
import { makeFolder } from '../make-folder.js';

/** Beside the core and the executable. */
export const bundleFile = 'bundle.json';

export interface BundleFolder extends AsyncDisposable {
  readonly dir: string;
}

/**
 * The folder for the bundle of a process, of any while its pid is not known, made when it is missing, for its owner alone; when nothing came into what
 * was made, it is gone after disposal. Throws `usage` when a capture lies there already: of the earlier one nothing
 * may be lost, and its core is worth nothing beside another executable.
 */
export async function bundleFolder(path: string, pid?: number): Promise<BundleFolder> {
  const dir = resolve(path);
  const cores = pid === undefined ? await coresIn(dir) : [`core.${pid}`, `core.${pid}.1`];
  const there = [...cores, 'server', bundleFile].map((name) => join(dir, name)).find(existsSync);
  if (there !== undefined) {
    throw new LabError(`${there} exists already`, {
      code: 'usage',
      hint: 'choose another folder with -o, or move that one away',
    });
  }
  const made = await makeFolder(dir, 0o700);
  return {
    dir,
    async [Symbol.asyncDispose]() {
      // Only empty folders can be removed so.
      for (const folder of [...made].reverse()) await rmdir(folder).catch(() => undefined);
    },
  };
}

async function coresIn(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => /^core\.\d+(\.1)?$/.test(name));
}
