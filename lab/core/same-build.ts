import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../errors.js';
import type { BuildIds } from './executable.js';

const kinds = ['gnu', 'go'] as const;

/** Whether two files carry the IDs of one build: at least one that both have, and none that differs. */
export function isSameBuild(one: BuildIds, other: BuildIds): boolean {
  return commonIds(one, other).length > 0 && differentId(one, other) === undefined;
}

/** An ID that both files have, and that is not the same in both; `undefined` when there is none. */
export function differentId(one: BuildIds, other: BuildIds): readonly [string, string] | undefined {
  return commonIds(one, other).find(([ours, theirs]) => ours !== theirs);
}

/** The IDs of each kind that both files have. */
export function commonIds(one: BuildIds, other: BuildIds): readonly (readonly [string, string])[] {
  return kinds.flatMap((kind) => {
    const [ours, theirs] = [one[kind], other[kind]];
    return ours === undefined || theirs === undefined ? [] : [[ours, theirs] as const];
  });
}

/** Entries of a folder, with all below it, that are looked at: more is no folder of programs. */
const maxEntries = 200_000;

/** The regular files of a folder; links are not followed. What may not be read is passed over. */
export async function* filesIn(folder: string, below: boolean): AsyncGenerator<string> {
  const left = [folder];
  let seen = 0;
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    let entries: Awaited<ReturnType<typeof opendir>>;
    try {
      entries = await opendir(next);
    } catch {
      continue;
    }
    for await (const entry of entries) {
      if (++seen > maxEntries) return;
      const path = join(next, entry.name);
      if (entry.isFile()) yield path;
      else if (entry.isDirectory() && below && !/^\/(?:proc|sys|dev)$/.test(path)) left.push(path);
    }
  }
}

/** What reading a file tells; `undefined` when the file is not what it should be. Tells all other errors. */
export async function unlessBad<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof LabError && error.code === 'usage') return undefined;
    throw error;
  }
}
