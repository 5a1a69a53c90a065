import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder } from '../../lab/paths.js';
import { installInto } from '../../lab/toolchain/cache.js';
import type { GoTool } from '../../lab/toolchain/go.js';
import { goBuildEnv } from '../go-build-env.js';
import type { FaultyCase, HealthyCase } from './reported-case.js';

export interface CaseProgram {
  readonly exe: string;
  /** The repaired variant, where there is one. */
  readonly fixedExe: string | undefined;
}

const fixedFlags = { tags: ['-tags=fixed'], modfile: ['-modfile=go.fixed.mod'], args: undefined };

/**
 * Builds a case in the cache, in a folder named after all that goes into it; what was built before is used again. The
 * sources stay beside the programs, where the debug information says they are. The modules come through the module proxy.
 */
export async function buildCase(
  one: FaultyCase | HealthyCase,
  go: GoTool,
  signal: AbortSignal,
): Promise<CaseProgram> {
  const name = `${one.name.replaceAll('/', '-')}-${await hashOf(one.folder, go)}`;
  const { expected } = one;
  const home = await installInto(
    join(cacheFolder(), 'real'),
    name,
    async (staging) => {
      const source = join(staging, 'src');
      await cp(one.folder, source, { recursive: true });
      if (expected.verdict === 'none' && expected.generate !== undefined)
        await execa('bash', ['-ec', expected.generate], { cwd: source, cancelSignal: signal });
    },
    (folder) => exists(join(folder, 'src/go.mod')),
  );
  const build = async (exe: string, flags: readonly string[]): Promise<string> => {
    const path = join(home, exe);
    if (await exists(path)) return path;
    const staging = `${path}.${process.pid}`;
    await execa(go.path, ['build', ...flags, '-o', staging, '.'], {
      cwd: join(home, 'src'),
      env: goBuildEnv,
      cancelSignal: signal,
    });
    await rename(staging, path);
    return path;
  };
  const exe = await build('server', []);
  if (expected.verdict === 'none' || expected.fixed === null) return { exe, fixedExe: undefined };
  const flags = fixedFlags[expected.fixed];
  return { exe, fixedExe: flags === undefined ? exe : await build('server-fixed', flags) };
}

async function hashOf(folder: string, { version }: GoTool): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([version, goBuildEnv]));
  const names = (await readdir(folder, { recursive: true })).sort();
  for (const name of names) {
    const path = join(folder, name);
    if ((await stat(path)).isFile()) hash.update(`\0${name}\0`).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
