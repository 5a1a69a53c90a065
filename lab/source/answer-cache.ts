import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { makeFolder } from '../make-folder.js';
import { type StacksAnswer, stacksSchema } from './facts.js';
import type { OpenSources } from './open-sources.js';

/** Answers of the helper that are kept, for one build of a program. */
export interface AnswerCache {
  /** Something was asked about this build before. */
  readonly hasAny: boolean;
  /** The answers about the stacks of one core. */
  of(question: object): CoreAnswers;
}

export interface CoreAnswers {
  /** Whether the answer was kept; it counts only while every file that it rests on is as it was. */
  stacks(
    ask: () => Promise<StacksAnswer>,
  ): Promise<{ readonly answer: StacksAnswer; readonly isKept: boolean }>;
  answer<T>(method: string, params: object, schema: z.ZodType<T>, ask: () => Promise<T>): Promise<T>;
}

/** Builds whose answers are kept; the one that was asked about longest ago goes first. */
const maxBuilds = 40;

const files = z.array(z.object({ path: z.string(), mtimeMs: z.number().nullable(), size: z.number() }));
const keptStacks = z.object({ answer: stacksSchema, files });

/** Nothing here may fail an analysis: what cannot be read or written was not kept. */
export async function openAnswerCache(options: OpenSources): Promise<AnswerCache> {
  const { buildId, helper, cacheDir, sourceMap, goRoot, otherGoRoot } = options;
  const root = join(cacheDir, 'facts-answers');
  // The helper's folder is named after its own sources and the Go that built it.
  const build = digest({
    buildId,
    helper: dirname(helper),
    sourceMap,
    goRoot,
    otherGoRoot,
    exe: await fileOf(options.exe),
  });
  const folder = buildId === undefined ? undefined : join(root, build);
  const hasAny = folder !== undefined && (await readdir(folder).catch(() => [])).length > 0;
  if (hasAny && folder !== undefined) await utimes(folder, new Date(), new Date()).catch(() => undefined);
  const read = async <T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    if (folder === undefined) return undefined;
    try {
      return schema.parse(JSON.parse(gunzipSync(await readFile(join(folder, name))).toString('utf8')));
    } catch {
      return undefined;
    }
  };
  const write = async (name: string, value: unknown): Promise<void> => {
    if (folder === undefined) return;
    try {
      await makeFolder(folder);
      await writeFile(join(folder, name), gzipSync(JSON.stringify(value), { level: 1 }));
      await removeOldest(root);
    } catch {
      // A full disk costs the next analysis its time, and this one nothing.
    }
  };
  return {
    hasAny,
    of(question) {
      const core = digest(question);
      let valid = false;
      return {
        async stacks(ask) {
          const name = `${core}.json.gz`;
          const known = hasAny ? await read(name, keptStacks) : undefined;
          if (known !== undefined && (await areSame(known.files))) {
            valid = true;
            return { answer: known.answer, isKept: true };
          }
          const answer = await ask();
          const { sources, missing } = answer.loaded;
          const paths = [...sources.map(({ local }) => local), ...missing];
          await write(name, { answer, files: await Promise.all(paths.map(fileOf)) });
          return { answer, isKept: false };
        },
        async answer(method, params, schema, ask) {
          const name = `${core}-${digest({ method, params })}.json.gz`;
          const known = valid ? await read(name, schema) : undefined;
          if (known !== undefined) return known;
          const answer = await ask();
          await write(name, answer);
          return answer;
        },
      };
    },
  };
}

const digest = (value: unknown) =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);

async function fileOf(path: string) {
  const seen = await stat(path).catch(() => undefined);
  return { path, mtimeMs: seen?.mtimeMs ?? null, size: seen?.size ?? 0 };
}

async function areSame(known: z.infer<typeof files>): Promise<boolean> {
  const now = await Promise.all(known.map(({ path }) => fileOf(path)));
  return now.every(({ mtimeMs, size }, i) => mtimeMs === known[i]?.mtimeMs && size === known[i]?.size);
}

async function removeOldest(root: string): Promise<void> {
  const names = await readdir(root);
  if (names.length <= maxBuilds) return;
  const ages = await Promise.all(
    names.map(async (name) => ({ name, age: (await stat(join(root, name))).mtimeMs })),
  );
  ages.sort((a, b) => a.age - b.age);
  for (const { name } of ages.slice(0, names.length - maxBuilds)) {
    await rm(join(root, name), { recursive: true, force: true });
  }
}
