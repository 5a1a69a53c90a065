import { readFile } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import type { z } from 'zod';
import { misshapen } from './complaints.js';
import { LabError, messageOf } from './errors.js';

/** Writes a value as indented JSON; a reader sees the old file or the new one, never half of either. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}

/**
 * Reads a JSON file that must have the given shape. Throws `usage` naming the file and the first thing
 * that is wrong with it, with `hint` as what to do about it when the file is not one of a run.
 */
export async function readJson<S extends z.ZodType>(
  path: string,
  schema: S,
  hint?: string,
): Promise<z.infer<S>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new LabError(`cannot read ${path}: ${messageOf(cause)}`, {
      code: 'usage',
      hint: hint ?? 'name a folder that `npx lab runs` lists',
      cause,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LabError(`${path} is not what this version of the lab writes: ${misshapen(parsed.error)}`, {
    code: 'usage',
    hint: hint ?? 'run the experiment again: `npx lab run`',
    cause: parsed.error,
  });
}
