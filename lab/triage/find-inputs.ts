import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { LabError } from '../errors.js';
import type { Shard } from '../shard.js';
import { kindOfLook } from '../unpack/kind-of-look.js';
import type { Item } from './item.js';

/** One thing to be triaged. */
export interface Input {
  /** In the folder, or as it was named: what it is called. */
  readonly path: string;
  /** Absolute; of a stored diagnosis that file. */
  readonly file: string;
  readonly kind: Item['kind'];
  /** Changes when the file does. */
  readonly version: string;
}

/** A run's folder and a watch's have their diagnosis beside the core: that is what is read of them. */
const storedDiagnosis = 'diagnosis.json';

/**
 * Every core, dump and stored diagnosis in a folder and below it, in the order of their paths. Executables are none, nor
 * what is hidden. Throws `usage`.
 */
export async function inputsIn(folder: string, shard?: Shard): Promise<readonly Input[]> {
  const root = resolve(folder);
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new LabError(`${folder} is no folder`, {
      ...{ code: 'usage', hint: 'name a folder of cores and dumps, or - for a list of files on stdin' },
    });
  }
  const found: string[] = [];
  const walk = async (dir: string): Promise<void> => {
    if (existsSync(join(dir, storedDiagnosis))) {
      found.push(join(dir, storedDiagnosis));
      return;
    }
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(dir, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile() || statSync(path, { throwIfNoEntry: false })?.isFile() === true)
        found.push(path);
    }
  };
  await walk(root);
  return await inputsOf(
    found.map((file) => ({ path: relative(root, file), file })),
    shard,
  );
}

/** Those of a list of files, one a line or separated by NUL; a folder in it stands for what is in it. */
export async function inputsListed(text: string, shard?: Shard): Promise<readonly Input[]> {
  const names = text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((name) => name.trim() !== '');
  const files: { path: string; file: string }[] = [];
  for (const name of names) {
    if (statSync(name, { throwIfNoEntry: false })?.isDirectory() === true) {
      const inside = await inputsIn(name);
      files.push(...inside.map(({ path, file }) => ({ path: join(name, path), file })));
    } else files.push({ path: name, file: resolve(name) });
  }
  return await inputsOf(files, shard);
}

async function inputsOf(
  files: readonly { readonly path: string; readonly file: string }[],
  shard: Shard | undefined,
): Promise<readonly Input[]> {
  const chosen = [...new Map(files.map((one) => [one.path, one])).values()]
    .filter(({ path }) => shard === undefined || shardOf(path, shard.count) === shard.index)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const inputs: Input[] = [];
  for (const { path, file } of chosen) {
    const kind = file.endsWith(`/${storedDiagnosis}`) ? 'diagnosis' : await kindOfLook(file);
    if (kind === 'program') continue;
    const stat = statSync(file, { throwIfNoEntry: false });
    inputs.push({ path, file, kind, version: `${stat?.size ?? 0}-${stat?.mtimeMs ?? 0}` });
  }
  return inputs;
}

/** Which part an input belongs to, from 1 on: by its path alone, whatever else there is. */
export function shardOf(path: string, count: number): number {
  return (createHash('sha256').update(path).digest().readUInt32BE() % count) + 1;
}
