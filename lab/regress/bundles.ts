import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { copySparse } from '../capture/hash.js';
import { scenarioNamed } from '../config.js';
import { LabError } from '../errors.js';
import { readJson, writeJson } from '../json-file.js';
import { goServerFolder } from '../paths.js';
import { sourcesFolder } from '../run-sources.js';
import type { CellResult } from './results.js';

/** `cell.json` beside a kept executable, core and sources: whose they are, and what was expected of them. */
export const storedCellSchema = z.object({
  schema: z.literal('lab.regress.bundle/1'),
  scenario: z.string(),
  variant: z.enum(['faulty', 'fixed']),
  go: z.string(),
  /** The Delve that the cell was run with. */
  delve: z.string(),
  /** File names in the same folder. */
  exe: z.string(),
  core: z.string(),
  buildId: z.string(),
  /** The recorded source folder, and the folder beside this file that has what was compiled. */
  sources: z.object({ from: z.string(), to: z.string() }),
  /** What the manifest said when the bundle was made. */
  expected: z.object({
    class: z.string(),
    subtype: z.string(),
    functions: z.array(z.string()),
    resources: z.array(z.string()),
    victimsAtLeast: z.number(),
    rule: z.string().optional(),
  }),
  hang: z.object({ kind: z.string(), why: z.string() }).nullable(),
  verdict: z.string(),
  keptAt: z.string(),
});

export type StoredCell = z.infer<typeof storedCellSchema>;

export interface StoredBundle {
  readonly dir: string;
  readonly cell: StoredCell;
}

export interface BundleFiles {
  readonly exe: string;
  readonly core: string;
  readonly buildId: string;
}

/**
 * Moves a cell's bundle to `<keep>/<id>`, in the place of an older one, and returns that folder. It stands there
 * whole or not at all.
 */
export async function keepBundle(
  keep: string,
  result: CellResult,
  files: BundleFiles,
  signal: AbortSignal,
): Promise<string> {
  const { class: kind, subtype, expect } = scenarioNamed(result.scenario);
  const cell: StoredCell = {
    schema: 'lab.regress.bundle/1',
    scenario: result.scenario,
    variant: result.variant,
    go: result.go,
    delve: result.delve,
    exe: basename(files.exe),
    core: basename(files.core),
    buildId: files.buildId,
    sources: { from: goServerFolder, to: sourcesFolder },
    expected: {
      class: kind,
      subtype,
      functions: [...expect.functions],
      resources: [...expect.resources],
      victimsAtLeast: expect.victimsAtLeast,
      ...(expect.rule === undefined ? {} : { rule: expect.rule }),
    },
    hang: result.hang,
    verdict: result.verdict,
    keptAt: new Date().toISOString(),
  };
  const final = join(resolve(keep), result.id);
  const staging = `${join(resolve(keep), `.${result.id}`)}.${process.pid}`;
  await mkdir(staging, { recursive: true, mode: 0o700 });
  try {
    const run = join(files.core, '..');
    await move(files.core, join(staging, cell.core), (from, to) => copySparse(from, to, signal));
    await move(files.exe, join(staging, cell.exe), (from, to) => cp(from, to, { preserveTimestamps: true }));
    await cp(join(run, sourcesFolder), join(staging, sourcesFolder), {
      recursive: true,
      preserveTimestamps: true,
    });
    await cp(join(run, 'diagnosis.json'), join(staging, 'diagnosis.json')).catch(() => {}); // none was made
    await writeJson(join(staging, 'cell.json'), cell);
    await rm(final, { recursive: true, force: true });
    await rename(staging, final);
    return final;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Every bundle of a folder that `--keep` made, wherever it lies now. Throws `usage` when there is none. */
export async function readBundles(folder: string): Promise<readonly StoredBundle[]> {
  const names = await readdir(resolve(folder), { withFileTypes: true }).catch(() => []);
  const dirs = names
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(resolve(folder), name))
    .sort();
  const found: StoredBundle[] = [];
  for (const dir of dirs) {
    if (!existsSync(join(dir, 'cell.json'))) continue;
    found.push(await readBundle(dir));
  }
  if (found.length > 0) return found;
  throw new LabError(`there are no stored bundles in ${folder}`, {
    code: 'usage',
    hint: 'make some: npx lab regress --keep DIR',
  });
}

export async function readBundle(dir: string): Promise<StoredBundle> {
  return {
    dir,
    cell: await readJson(
      join(dir, 'cell.json'),
      storedCellSchema,
      'remove that folder, or make it again: npx lab regress --keep DIR',
    ),
  };
}

async function move(
  from: string,
  to: string,
  copy: (from: string, to: string) => Promise<unknown>,
): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    await copy(from, to);
    await rm(from);
  }
}
