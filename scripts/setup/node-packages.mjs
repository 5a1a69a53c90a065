import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLogged, SetupError } from './steps.mjs';

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes node_modules/.package-lock.json as
 * the last thing of an install, so an interrupted one counts as absent.
 */
export function packagesAreFresh(root) {
  const asked = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (asked === undefined) return true; // nothing is locked, nothing can be compared
  if (present === undefined) return Object.keys(asked).every((path) => path === '');
  return Object.entries(asked).every(([path, { version, integrity, optional, devOptional, link }]) => {
    if (path === '' || link) return true;
    const found = present[path];
    // Packages for other platforms are locked and not installed.
    if (found === undefined) return optional === true || devOptional === true;
    return found.version === version && found.integrity === integrity;
  });
}

/** npm empties the folder before it installs: one that is a link is somebody else's. Throws with exit code 69 then. */
export async function installPackages(root, signal) {
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new SetupError('node_modules is a link to packages that this project does not ask for', {
      exitCode: 69,
      hint: 'remove the link (npm ci would empty what it leads to): rm node_modules',
    });
  }
  const npm = process.env.npm_execpath;
  const argv = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  await runLogged(root, [...argv, 'ci', '--include=dev', '--no-audit', '--no-fund'], {
    signal,
    exitCode: 69,
    hint: 'look at the output above, fix it, and try `npm ci`',
  });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return undefined;
  }
}
