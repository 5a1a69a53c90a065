import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { projectRoot } from '../lab/paths.js';
import { localTarget } from '../lab/targets/local.js';
import type { Target } from '../lab/targets/target.js';
import { installInto } from '../lab/toolchain/cache.js';
import { programsFolder } from './go-build.js';
import { hasGcc } from './go-build-env.js';

const source = join(projectRoot, 'test/sparse-writes.c');

/**
 * This machine, with a gdb that writes a core of some megabytes as a sparse file. By itself gdb before 15 writes the 1.5 GB
 * of zeros that Go reserves. Where there is no C compiler it does so here too: the core is the same.
 */
export async function sparseGdb(): Promise<Target> {
  const target = localTarget();
  built ??= buildLibrary();
  const library = await built;
  if (library === undefined) return target;
  return {
    ...target,
    exec: (argv, options) =>
      target.exec(argv, argv[0] === 'gdb' ? { ...options, env: { LD_PRELOAD: library } } : options),
  };
}

let built: Promise<string | undefined> | undefined;

async function buildLibrary(): Promise<string | undefined> {
  if (!hasGcc) return undefined;
  const hash = createHash('sha256').update(await readFile(source));
  const compile = async (folder: string) => {
    await execa('gcc', ['-O2', '-shared', '-fPIC', '-o', join(folder, 'sparse.so'), source, '-ldl']);
  };
  const name = `sparse-${hash.digest('hex').slice(0, 16)}`;
  const isWhole = (folder: string) =>
    readFile(join(folder, 'sparse.so')).then(
      () => true,
      () => false,
    );
  if (await isWhole(join(programsFolder, name))) return join(programsFolder, name, 'sparse.so');
  return join(await installInto(programsFolder, name, compile, isWhole), 'sparse.so');
}
