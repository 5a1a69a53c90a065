import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LabError, messageOf } from '../errors.js';
import { fileRefusal } from '../file-refusal.js';
import { readJson, writeJson } from '../json-file.js';
import { makeRunFolder } from '../make-folder.js';
import { listRegressions } from '../store/run-store.js';
import { type Plan, planSchema } from './plan.js';
import { type CellResult, cellResultSchema, type Results } from './results.js';

/**
 * The folder of a regression: `plan.json` before anything begins, a line of `cells.jsonl` as each cell ends,
 * `results.json` at the end. A disk that is full takes away what could not be written, not what is known.
 */
export interface Journal {
  readonly dir: string;
  readonly plan: Plan;
  /** What ended so far, also before this process. */
  readonly results: readonly CellResult[];
  /** Path of a file of the regression. */
  file(name: string): string;
  /** An empty folder for a cell's runs. */
  cellFolder(id: string): Promise<string>;
  append(result: CellResult): Promise<void>;
  finish(results: Results): Promise<void>;
  /** The first thing that could not be saved. */
  unsaved(): LabError | undefined;
}

export async function createJournal(plan: Plan): Promise<Journal> {
  const dir = await makeRunFolder(`${plan.startedAt.slice(0, 19).replaceAll(':', '')}-regress`);
  await writeJson(join(dir, 'plan.json'), plan);
  return openFolder(dir, plan, []);
}

/** Goes on with an interrupted regression: that of the folder, or the newest. Throws `usage` when it is over. */
export async function resumeJournal(dir: string | undefined): Promise<Journal> {
  const chosen = dir ?? (await listRegressions()).at(-1);
  if (chosen === undefined) {
    throw new LabError('there is no regression to go on with', {
      code: 'usage',
      hint: 'begin one: npx lab regress',
    });
  }
  const folder = resolve(chosen);
  const plan = await readJson(join(folder, 'plan.json'), planSchema, 'start over: npx lab regress');
  if (existsSync(join(folder, 'results.json'))) {
    throw new LabError(`the regression ${basename(folder)} is over`, {
      code: 'usage',
      hint: `read ${join(folder, 'results.json')}, or begin another: npx lab regress`,
    });
  }
  const planned = new Set(plan.cells.map(({ id }) => id));
  const ended = (await readLines(join(folder, 'cells.jsonl'))).filter(({ id }) => planned.has(id));
  return openFolder(folder, plan, ended);
}

/** Whole lines; the last one may be half a line when the regression was killed, or the disk was full. */
async function readLines(file: string): Promise<CellResult[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const byId = new Map<string, CellResult>();
  for (const line of text.split('\n')) {
    const parsed = cellResultSchema.safeParse(parseJson(line));
    if (parsed.success) byId.set(parsed.data.id, parsed.data);
  }
  return [...byId.values()];
}

function openFolder(dir: string, plan: Plan, before: readonly CellResult[]): Journal {
  const results = [...before];
  let failure: LabError | undefined;
  let broken = before.length > 0;
  const save = async (name: string, write: (path: string) => Promise<void>): Promise<void> => {
    const path = join(dir, name);
    await write(path).catch((cause: unknown) => {
      failure ??= new LabError(`${path} could not be written: ${messageOf(cause)}`, {
        code: fileRefusal(cause) === 'full' ? 'no-space' : 'missing-permission',
        hint: fileRefusal(cause) === 'full' ? 'free some space and run it again' : 'look who owns the folder',
        cause,
      });
      broken = true;
    });
  };
  return {
    dir,
    plan,
    results,
    file: (name) => join(dir, name),
    async cellFolder(id) {
      const folder = join(dir, 'cells', id);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
    async append(result) {
      results.push(result);
      // After half a line the next one begins on a line of its own.
      const lead = broken ? '\n' : '';
      broken = false;
      const line = `${lead}${JSON.stringify(result)}\n`;
      await save('cells.jsonl', (path) => appendFile(path, line, { mode: 0o600 }));
    },
    finish: (document) => save('results.json', (path) => writeJson(path, document)),
    unsaved: () => failure,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
