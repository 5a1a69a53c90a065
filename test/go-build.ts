import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder } from '../lab/paths.js';
import { installInto } from '../lab/toolchain/cache.js';
import { goBuildEnv, hasGcc } from './go-build-env.js';

/** Programs of the tests that were built before, by the hash of all that makes them what they are. */
export const programsFolder = join(cacheFolder(), 'test-programs');
/** Nobody has asked for it in so long: its sources have changed. */
const forgottenMs = 7 * 24 * 3_600_000;

export interface GoBuild {
  /** Path of the go program. */
  readonly go: string;
  /** Folder of the module. Its path is part of what is built: the debug information names it. */
  readonly module: string;
  /** Package in the module; that of its folder when not given. */
  readonly package?: string;
  /** Where the program is put: a file of the caller's own, to change as it likes. */
  readonly exe: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Builds a Go program, once for all tests that want the same one. Throws with the compiler's words. */
export async function goBuild(wanted: GoBuild): Promise<void> {
  const name = await nameOf(wanted);
  const isWhole = (folder: string) =>
    stat(join(folder, 'exe')).then(
      () => true,
      () => false,
    );
  let folder = join(programsFolder, name);
  if (!(await isWhole(folder))) {
    await removeForgotten();
    const build = (into: string) => compile(wanted, join(into, 'exe'));
    folder = await installInto(programsFolder, name, build, isWhole);
  }
  const now = new Date();
  await utimes(folder, now, now);
  await copyFile(join(folder, 'exe'), wanted.exe, constants.COPYFILE_FICLONE);
}

async function compile({ go, module, package: name = '.', flags = [], env = {} }: GoBuild, exe: string) {
  await execa(go, ['build', ...flags, '-o', exe, name], { cwd: module, env: { ...goBuildEnv, ...env } });
}

/** Name of a folder for what this Go makes of these sources in this way. */
async function nameOf({ go, module, package: name = '.', flags = [], env = {} }: GoBuild): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([await versionOf(go), hasGcc, module, name, flags, env]));
  for (const folder of [module, ...(await replacedIn(module))]) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && /\.(?:go|c|h|s|mod|sum)$/.test(entry.name))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort();
    for (const file of files) hash.update(`\0${file}\0`).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 32);
}

/** Folders of the modules that stand in for others: `replace example.com/a => ../a`. */
async function replacedIn(module: string): Promise<readonly string[]> {
  const text = await readFile(join(module, 'go.mod'), 'utf8').catch(() => '');
  return [...text.matchAll(/=>\s+(\.\.?\/\S+)\s*$/gm)].map(([, folder = '']) => join(module, folder));
}

const versions = new Map<string, Promise<string>>();

/** What a Go says of itself; asked once. */
function versionOf(go: string): Promise<string> {
  const asked = versions.get(go) ?? execa(go, ['version'], { env: goBuildEnv }).then(({ stdout }) => stdout);
  versions.set(go, asked);
  return asked;
}

/** Sources of programs that tests write themselves lie beside the programs, and are forgotten with them. */
async function removeForgotten(): Promise<void> {
  await mkdir(programsFolder, { recursive: true });
  for (const name of await readdir(programsFolder)) {
    const path = join(programsFolder, name);
    const seen = await stat(path).catch(() => undefined);
    if (seen !== undefined && Date.now() - seen.mtimeMs > forgottenMs)
      await rm(path, { recursive: true, force: true });
  }
}
