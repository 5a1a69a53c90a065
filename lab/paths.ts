import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder: the nearest one above this file that has a package.json. */
export const projectRoot = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
})();

/** Where runs are kept; the environment variable `LAB_RUNS` moves it. */
export function runsFolder(): string {
  return resolve(process.env['LAB_RUNS'] ?? join(projectRoot, 'runs'));
}

/** Where tools and builds are kept; the environment variable `LAB_CACHE` moves it. */
export function cacheFolder(): string {
  return resolve(process.env['LAB_CACHE'] ?? join(projectRoot, '.cache'));
}

/** The Go module that holds every scenario's program. */
export const goServerFolder = join(projectRoot, 'go-server');
