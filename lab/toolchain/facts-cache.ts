import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { z } from 'zod';
import { LabError } from '../errors.js';
import { projectRoot } from '../paths.js';
import { chooseTools, type PinnedTools } from './facts-choice.js';
import { type GoVersion, parseGoVersion } from './versions.js';

/** The helper's module. */
export const factsFolder = join(projectRoot, 'helpers', 'facts');

/** The sources of the helper, by name and content. */
export interface Sources {
  readonly folder: string;
  readonly hash: string;
}

/** A helper that was built before. */
export interface BuiltFacts {
  readonly path: string;
  readonly builtWith: GoVersion;
  readonly tools: string;
  /** Where the Go that built it lay then. */
  readonly goRoot: string | undefined;
}

/** Throws `missing-tool` when they are not there. */
export async function readSources(folder: string): Promise<Sources> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => isCompiled(folder, path))
    .sort();
  if (!files.some((path) => path.endsWith('.go'))) {
    throw new LabError(`the sources of a helper of the lab are not there: ${folder}`, {
      code: 'missing-tool',
      hint: 'get the whole project again: the folder helpers is part of it',
    });
  }
  const hash = createHash('sha256');
  for (const path of files) {
    const text = await readFile(path);
    hash.update(`${relative(folder, path)} ${text.length}\n`).update(text);
  }
  return { folder, hash: hash.digest('hex').slice(0, 12) };
}

/** Tests have no part in it, and its `go.mod` and `go.sum` are written anew for each Go. */
export function isCompiled(folder: string, path: string): boolean {
  const parts = relative(folder, path).split(sep);
  if (parts.includes('testdata')) return false;
  return !/_test\.go$|^go\.(?:mod|sum|work|work\.sum)$/.test(parts.at(-1) ?? '');
}

/** The folder of the cache for the helper that this Go builds with this x/tools. */
export function entryName({ hash }: Sources, { text }: GoVersion, { version }: PinnedTools): string {
  return `facts-${hash}-${text}-tools${version}`;
}

/** The helpers in the cache that were built from these very sources, with the x/tools that is pinned now. */
export async function listBuilt(cache: string, { hash }: Sources): Promise<readonly BuiltFacts[]> {
  const names = await readdir(cache).catch(() => []);
  const built = await Promise.all(
    names.map(async (name): Promise<readonly BuiltFacts[]> => {
      const [, of, go = '', tools] = /^facts-([0-9a-f]+)-(go1\.[^-]+)-tools([\d.]+)$/.exec(name) ?? [];
      const builtWith = parseGoVersion(go);
      if (of !== hash || builtWith === undefined || chooseTools(builtWith)?.version !== tools) return [];
      const goRoot = await recordedGoRoot(join(cache, name, 'built.json'));
      return [{ path: join(cache, name, 'facts'), builtWith, tools: tools ?? '', goRoot }];
    }),
  );
  return built.flat();
}

const recordSchema = z.looseObject({ goRoot: z.string() });

async function recordedGoRoot(file: string): Promise<string | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(file, 'utf8'))).goRoot;
  } catch {
    return undefined;
  }
}
