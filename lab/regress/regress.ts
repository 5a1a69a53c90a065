import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { arch, cpus, totalmem } from 'node:os';
import { scenarioNamed } from '../config.js';
import { interrupted, LabError, toLabError } from '../errors.js';
import { quoteWord } from '../quote-word.js';
import { gitCommit, labVersion } from '../store/lab-version.js';
import type { Target } from '../targets/target.js';
import { type Baseline, compare, exitCodeOf } from './baseline.js';
import type { Journal } from './journal.js';
import { runOneCell } from './one-cell.js';
import type { PlannedCell } from './plan.js';
import { buildPrograms, type Program } from './programs.js';
import { type CellResult, countsOf, type Results } from './results.js';
import { schedule } from './scheduler.js';

/** What a regression tells while it works. */
export interface RegressView {
  begun(cells: number, before: readonly CellResult[]): void;
  building(done: number, all: number): void;
  started(cell: PlannedCell): void;
  stage(cell: PlannedCell, stage: string): void;
  finished(result: CellResult): void;
}

export interface ExecuteOptions {
  readonly target: Target;
  readonly view: RegressView;
  readonly jobs?: number | undefined;
  /** For one cell; that of the plan when left out. */
  readonly timeLimitMs?: number | undefined;
  readonly baseline?: { readonly file: string; readonly cells: Baseline } | undefined;
}

/**
 * Does what is left of a regression's plan: builds every program, then runs the cells. Every cell of the plan is in
 * the results. Throws `interrupted`, saying how to go on.
 */
export async function executePlan(
  journal: Journal,
  options: ExecuteOptions,
  signal: AbortSignal,
): Promise<Results> {
  const began = performance.now();
  const { plan } = journal;
  const { target, view, jobs = plan.jobs, timeLimitMs = plan.timeLimitMs, baseline } = options;
  const ended = new Set(journal.results.map(({ id }) => id));
  const open = plan.cells.filter(({ id }) => !ended.has(id));
  view.begun(plan.cells.length, journal.results);
  try {
    requireTools(plan.gos, plan.delves);
    const programs = await build(open, journal, { target, view, jobs }, signal);
    await schedule(
      open,
      { jobs, alone: needsMachine },
      async (cell, both) => {
        if (cell.notApplicable === undefined) view.started(cell);
        const onStage = (stage: string): void => view.stage(cell, stage);
        const result = await runOneCell(cell, { journal, programs, timeLimitMs, onStage }, both);
        await journal.append(result);
        view.finished(result);
      },
      signal,
    );
  } catch (thrown) {
    throw withEvidence(thrown, journal, signal);
  } finally {
    await rm(journal.file('programs'), { recursive: true, force: true });
  }
  const cells = inOrder(plan.cells, journal.results);
  const comparison = baseline === undefined ? null : compare(baseline.file, baseline.cells, cells);
  const results: Results = {
    schema: 'lab.regress/1',
    dir: journal.dir,
    mode: plan.mode,
    ...(plan.shard === undefined ? {} : { shard: plan.shard }),
    startedAt: plan.startedAt,
    endedAt: new Date().toISOString(),
    ms: Math.round(performance.now() - began),
    lab: { version: await labVersion(), gitCommit: await gitCommit() },
    machine: { os: process.platform, arch: arch(), cpus: cpus().length, memoryBytes: totalmem() },
    counts: countsOf(cells),
    exitCode: exitCodeOf(cells, comparison),
    baseline: comparison,
    cells,
  };
  await journal.finish(results);
  return results;
}

async function build(
  open: readonly PlannedCell[],
  journal: Journal,
  { target, view, jobs }: { target: Target; view: RegressView; jobs: number },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Program>> {
  const keys = open.filter(
    ({ notApplicable, bundle }) => notApplicable === undefined && bundle === undefined,
  );
  const all = new Set(keys.map(({ scenario, variant, go }) => `${scenario} ${variant} ${go}`)).size;
  if (all > 0) view.building(0, all);
  return await buildPrograms(
    keys,
    {
      target,
      gos: journal.plan.gos,
      folder: journal.file('programs'),
      jobs,
      onBuilt: (done) => view.building(done, all),
    },
    signal,
  );
}

/** Load needs the machine: what runs beside it would take its place. */
function needsMachine({ scenario, bundle, notApplicable }: PlannedCell): boolean {
  return bundle === undefined && notApplicable === undefined && scenarioNamed(scenario).drive.kind === 'load';
}

/** A plan that is resumed may name tools that are gone. */
function requireTools(...lists: readonly (readonly { readonly path: string }[])[]): void {
  const gone = lists.flat().find(({ path }) => !existsSync(path));
  if (gone === undefined) return;
  throw new LabError(`${gone.path}, which the regression began with, is gone`, {
    code: 'missing-tool',
    hint: 'start over: npx lab regress',
  });
}

function inOrder(cells: readonly PlannedCell[], results: readonly CellResult[]): CellResult[] {
  const byId = new Map(results.map((result) => [result.id, result]));
  return cells.map(({ id }) => {
    const result = byId.get(id);
    if (result !== undefined) return result;
    throw new LabError(`the cell ${id} was lost`, { code: 'internal' });
  });
}

function withEvidence(thrown: unknown, { dir }: Journal, signal: AbortSignal): LabError {
  const error = signal.aborted ? interrupted(thrown) : toLabError(thrown);
  const hint =
    error.code === 'interrupted' ? `go on with it: npx lab regress --resume ${quoteWord(dir)}` : error.hint;
  return new LabError(error.message, {
    code: error.code,
    cause: error,
    details: { ...error.details, evidence: dir },
    ...(hint === undefined ? {} : { hint }),
  });
}
