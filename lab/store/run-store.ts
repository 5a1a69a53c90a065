import { readdir } from 'node:fs/promises';
import { arch, cpus, release, totalmem } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { z } from 'zod';
import { misshapen } from '../complaints.js';
import type { LabConfig } from '../config.js';
import { LabError, toLabError } from '../errors.js';
import type { StageName } from '../events.js';
import { readJson, writeJson } from '../json-file.js';
import { makeRunFolder } from '../make-folder.js';
import { runsFolder } from '../paths.js';
import { quoteWord } from '../quote-word.js';
import { isFleet } from '../scenarios/fleets.js';
import { identityOf, isSameProcess } from '../targets/process-identity.js';
import { gitCommit, labVersion } from './lab-version.js';
import { type Conclusion, type RunRecord, runRecordSchema } from './run-record.js';
import { commandsTo } from './stage-commands.js';

export type Keep = (known: unknown) => Promise<void>;

/** One run's folder. Each change of the record is on disk before the call returns. */
export interface Run {
  readonly dir: string;
  readonly record: RunRecord;
  /** Absolute path of a file of the run. */
  file(name: string): string;
  /**
   * Does a stage's work, with its beginning, result or failure saved; a result must survive JSON. What the work has to
   * leave even when the lab is killed in the middle of it, it gives to `keep`. What the work throws is thrown on. Throws
   * `usage` when another lab is at this stage of this run.
   */
  stage<T>(name: StageName, work: (keep: Keep) => Promise<T>): Promise<T>;
  /** The saved result of a finished stage; throws `usage` when that stage has none. */
  resultOf<S extends z.ZodType>(name: StageName, schema: S): z.infer<S>;
  note(versions: Readonly<Record<string, string>>): Promise<void>;
  conclude(conclusion: Conclusion): Promise<void>;
}

/** Creates the folder of a new run, `<time>-<scenario>`, readable by its owner alone: cores hold secrets. */
export async function createRun(config: LabConfig): Promise<Run> {
  const createdAt = new Date().toISOString();
  const stem = `${createdAt.slice(0, 19).replaceAll(':', '')}-${config.scenario}`;
  const dir = await makeRunFolder(stem);
  const record: RunRecord = {
    schema: 'lab.run/1',
    id: basename(dir),
    createdAt,
    config,
    versions: { lab: await labVersion(), node: process.versions.node, kernel: release() },
    machine: { os: process.platform, arch: arch(), cpus: cpus().length, memoryBytes: totalmem() },
    gitCommit: await gitCommit(),
    stages: {},
    conclusion: null,
  };
  const run = openRecord(dir, record);
  await writeJson(run.file('run.json'), record);
  return run;
}

/** Opens a stored run. Throws `usage` when the folder is none. */
export async function openRun(dir: string): Promise<Run> {
  if (dir.trim() === '') {
    throw new LabError('name a run: its folder', {
      code: 'usage',
      hint: 'see which there are: npx lab runs',
    });
  }
  const folder = resolve(dir);
  return openRecord(folder, await readRecord(folder));
}

/** A stage that runs by nobody was killed. */
async function readRecord(folder: string): Promise<RunRecord> {
  const record = await readJson(join(folder, 'run.json'), runRecordSchema);
  const stages = await Promise.all(
    Object.entries(record.stages).map(async ([name, stage]) => {
      const { state, by } = stage;
      const isLeft = state === 'running' && by !== undefined && !(await isSameProcess(by));
      return [name, isLeft ? { ...stage, state: 'killed' as const } : stage] as const;
    }),
  );
  return { ...record, stages: Object.fromEntries(stages) };
}

/** Two labs at one stage of one run would each lose what the other one started. */
async function requireAlone(folder: string, name: StageName): Promise<void> {
  const { state, by } = (await readRecord(folder)).stages[name] ?? {};
  if (state !== 'running' || by === undefined || by.pid === process.pid) return;
  throw new LabError(`another lab, process ${by.pid}, is at stage ${name} of run ${basename(folder)}`, {
    code: 'usage',
    hint: 'wait until it is done: npx lab runs',
  });
}

/** Folders of stored runs, oldest first. */
export async function listRuns(): Promise<string[]> {
  return (await stored()).filter((dir) => !isRegression(dir));
}

/** Folders of regressions, oldest first. */
export async function listRegressions(): Promise<string[]> {
  return (await stored()).filter(isRegression);
}

async function stored(): Promise<string[]> {
  const names = await readdir(runsFolder()).catch(() => []);
  return names
    .filter((name) => /^\d{4}-\d\d-\d\dT\d{6}-/.test(name))
    .sort()
    .map((name) => join(runsFolder(), name));
}

function isRegression(dir: string): boolean {
  return /-regress(?:-\d+)?$/.test(dir);
}

/** The run named by `--run`, or the newest. Throws `usage` when there is none. */
export async function chooseRun(dir: string | undefined): Promise<Run> {
  const chosen = dir ?? (await listRuns()).at(-1);
  if (chosen !== undefined) return await openRun(chosen);
  throw new LabError('there is no stored run', { code: 'usage', hint: 'make one: npx lab run' });
}

function openRecord(dir: string, initial: RunRecord): Run {
  let record = initial;
  const save = async (change: Partial<RunRecord>): Promise<void> => {
    record = { ...record, ...change };
    await writeJson(join(dir, 'run.json'), record);
  };
  const saveStage = (name: StageName, stage: RunRecord['stages'][string]): Promise<void> =>
    save({ stages: { ...record.stages, [name]: stage } });
  return {
    dir,
    get record() {
      return record;
    },
    file: (name) => join(dir, name),
    async stage(name, work) {
      await requireAlone(dir, name);
      const startedAt = new Date().toISOString();
      const by = await identityOf(process.pid);
      const now = { state: 'running', startedAt, ...(by === undefined ? {} : { by }) } as const;
      const began = performance.now();
      // With another server the run begins anew: what was concluded of the one before is not about this one.
      if (name === 'start') record = { ...record, conclusion: null };
      await saveStage(name, now);
      const ended = () => ({ startedAt, ms: Math.round(performance.now() - began) });
      try {
        const result = await work((known) => saveStage(name, { ...now, result: known }));
        await saveStage(name, { state: 'done', ...ended(), result });
        return result;
      } catch (thrown) {
        const { code, message, hint } = toLabError(thrown);
        const state = code === 'interrupted' ? 'interrupted' : 'failed';
        const error = { code, message, ...(hint === undefined ? {} : { hint }) };
        // A full disk must not hide why the stage failed.
        await saveStage(name, { state, ...ended(), error }).catch(() => {});
        throw thrown;
      }
    },
    resultOf(name, schema) {
      const stage = record.stages[name];
      const parsed = stage?.state === 'done' ? schema.safeParse(stage.result) : undefined;
      if (parsed?.success === true) return parsed.data;
      if (isFleet(record.config.scenario)) {
        throw new LabError(`run ${basename(dir)} is that of a fleet: it has a core for each instance`, {
          code: 'usage',
          hint: `choose one: ls ${quoteWord(dir)}/i*/core.*; then npx lab analyze --exe FILE --core FILE`,
        });
      }
      const why =
        parsed === undefined
          ? `its stage ${name} is ${stage?.state ?? 'not done'}`
          : `what its stage ${name} left is not readable: ${misshapen(parsed.error)}`;
      throw new LabError(`run ${basename(dir)} cannot go on: ${why}`, {
        code: 'usage',
        hint: `do that first: ${commandsTo(name, dir, record)}`,
      });
    },
    note: (versions) => save({ versions: { ...record.versions, ...versions } }),
    conclude: (conclusion) => save({ conclusion }),
  };
}
