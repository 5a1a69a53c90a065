import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildInfo } from '../core/build-info.js';

type Main = Pick<BuildInfo, 'mainModule' | 'mainVersion' | 'settings'>;

export interface FoundModule {
  /** How the paths of its files are recorded. */
  readonly from: string;
  readonly to: string;
}

/**
 * Where the main module of a program built with `-trimpath` lies here, which then records import paths and no folder:
 * in the folder that the command was typed in, or one above it, or in Go's module cache. `undefined` for other builds.
 */
export async function findModule(
  { mainModule, mainVersion, settings }: Main,
  { cwd = process.cwd(), env = process.env } = {},
): Promise<FoundModule | undefined> {
  if (settings['-trimpath'] !== 'true' || mainModule === '') return undefined;
  for (let dir = cwd; ; dir = dirname(dir)) {
    if ((await moduleIn(dir)) === mainModule) return { from: mainModule, to: dir };
    if (dir === dirname(dir)) break;
  }
  const version = `${mainModule}@${mainVersion}`;
  const cache = env['GOMODCACHE'] ?? join(env['GOPATH']?.split(':')[0] ?? join(homedir(), 'go'), 'pkg/mod');
  // Capital letters are written with a mark there (module.EscapePath of golang.org/x/mod).
  const to = join(
    cache,
    version.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`),
  );
  return mainVersion !== '' && (await isFolder(to)) ? { from: version, to } : undefined;
}

/** The module that a folder's go.mod names. */
async function moduleIn(dir: string): Promise<string | undefined> {
  const text = await readFile(join(dir, 'go.mod'), 'utf8').catch(() => '');
  return /^module\s+"?([^\s"]+)"?/m.exec(text)?.[1];
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (seen) => seen.isDirectory(),
    () => false,
  );
}
