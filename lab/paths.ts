import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder: the nearest one above this file that has a package.json. */
export const projectRoot = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
})();

/** Whether this is a clone of the project. An installed package has no sources, and its folder may not be written to. */
export const isCheckout = existsSync(join(projectRoot, 'tsconfig.json'));

/**
 * Where runs are kept; the environment variable `LAB_RUNS` moves it. Of an installed package: with the user's own data, as
 * the XDG Base Directory Specification has it.
 */
export function runsFolder(): string {
  return resolve(
    process.env['LAB_RUNS'] ?? (isCheckout ? join(projectRoot, 'runs') : userFolder(data, 'runs')),
  );
}

/** Where `lab watch` keeps the hangs that it caught, a folder for each service. */
export const watchesFolder = (): string => join(runsFolder(), 'watch');

/** Where tools and builds are kept; the environment variable `LAB_CACHE` moves it. */
export function cacheFolder(): string {
  return resolve(process.env['LAB_CACHE'] ?? (isCheckout ? join(projectRoot, '.cache') : userFolder(cache)));
}

const data = { variable: 'XDG_DATA_HOME', usual: ['.local', 'share'] };
const cache = { variable: 'XDG_CACHE_HOME', usual: ['.cache'] };

function userFolder({ variable, usual }: typeof data, ...below: readonly string[]): string {
  const set = process.env[variable];
  // The specification has relative paths ignored.
  const base = set?.startsWith('/') ? set : join(homedir(), ...usual);
  return join(base, 'go-deadlock-lab', ...below);
}

/** The Go module that holds every scenario's program. */
export const goServerFolder = join(projectRoot, 'go-server');
