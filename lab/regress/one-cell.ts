import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { labConfigSchema } from '../config.js';
import { messageOf, toLabError } from '../errors.js';
import { scenarios } from '../scenarios/index.js';
import { type BundleFiles, keepBundle, readBundle } from './bundles.js';
import { type CellEnd, runCellProcess } from './cell-process.js';
import { describeExpected } from './describe.js';
import type { Journal } from './journal.js';
import type { PlannedCell } from './plan.js';
import { type Program, programName } from './programs.js';
import type { CellResult } from './results.js';
import type { Outcome, Task } from './wire.js';

export interface CellContext {
  readonly journal: Journal;
  readonly programs: ReadonlyMap<string, Program>;
  readonly timeLimitMs: number;
  readonly onStage: (stage: string) => void;
}

/**
 * One cell from its task to its result, in a process of its own; its bundle is kept or removed as the plan says.
 * Whatever breaks makes it `unknown`; only an abort is thrown.
 */
export async function runOneCell(
  cell: PlannedCell,
  { journal, programs, timeLimitMs, onStage }: CellContext,
  signal: AbortSignal,
): Promise<CellResult> {
  const began = performance.now();
  const took = (): number => Math.round(performance.now() - began);
  if (cell.notApplicable !== undefined) return notApplicable(cell, cell.notApplicable);
  const program = cell.bundle === undefined ? programs.get(programName(cell)) : undefined;
  if (program?.kind === 'broken') return broken(cell, program.error.message, [], took());
  try {
    const folder = await journal.cellFolder(cell.id);
    const task = await taskOf(cell, journal, program, folder);
    const end = await runCellProcess(task, { timeLimitMs, runs: folder, onStage }, signal);
    if (end.kind !== 'done') await removeHalfCores(folder);
    const result = resultOf(cell, end, folder, took(), timeLimitMs);
    return await putAway(result, end.kind === 'done' ? end.outcome.bundle : undefined, journal, signal);
  } catch (thrown) {
    const error = toLabError(thrown);
    if (error.code === 'interrupted' || signal.aborted) throw error;
    return broken(cell, error.message, error.hint === undefined ? [] : [error.hint], took());
  }
}

async function taskOf(
  cell: PlannedCell,
  { plan }: Journal,
  program: Program | undefined,
  folder: string,
): Promise<Task> {
  const go = plan.gos.find(({ version }) => version === cell.go);
  const delve = plan.delves.find(({ version }) => version === cell.delve);
  const fixed = cell.variant === 'fixed';
  if (cell.bundle !== undefined) {
    if (delve === undefined) throw new Error(`no Delve ${cell.delve} in the plan`);
    const { exe, core, sources } = (await readBundle(cell.bundle)).cell;
    return {
      kind: 'analyze',
      scenario: cell.scenario,
      fixed,
      exe: join(cell.bundle, exe),
      core: join(cell.bundle, core),
      dlv: delve.path,
      sourceMap: [{ from: sources.from, to: join(cell.bundle, sources.to) }],
      ...(go?.root === undefined ? {} : { goRoot: go.root }),
      saveTo: join(folder, 'diagnosis.json'),
    };
  }
  if (go === undefined || delve === undefined || program?.kind !== 'built') {
    throw new Error(`no program or no tools for ${cell.id}`);
  }
  const config = labConfigSchema.parse({ scenario: cell.scenario, fixed, port: 0, pprofPort: 0 });
  return { kind: 'run', config, go, delve, built: program.server };
}

function resultOf(
  cell: PlannedCell,
  end: CellEnd,
  folder: string,
  ms: number,
  timeLimitMs: number,
): CellResult {
  const during = 'stage' in end && end.stage !== undefined ? ` during ${end.stage}` : '';
  switch (end.kind) {
    case 'done':
      return { ...conclude(cell, end.outcome, ms), folder: cell.bundle ?? folder };
    case 'failed': {
      const { message, hint } = end.error;
      return {
        ...broken(cell, `broken off${during}: ${message}`, hint === undefined ? [] : [hint], ms),
        folder,
      };
    }
    case 'late':
      return { ...broken(cell, `not done within ${timeLimitMs / 1000} s, ended${during}`, [], ms), folder };
    case 'died':
      return { ...broken(cell, `its process ended without a result${during}: ${end.how}`, [], ms), folder };
  }
}

/** A confirmation needs a diagnosis, and one by the Go that was meant: without, the question is open. */
function conclude(cell: PlannedCell, outcome: Outcome, ms: number): CellResult {
  const { hang, diagnosis, summary, reasons, expected, found, differences, stages, peakRssBytes } = outcome;
  const base: CellResult = {
    ...blank(cell),
    verdict: outcome.verdict,
    summary,
    reasons,
    hang: hang ?? null,
    diagnosis: diagnosis === undefined ? null : { verdict: diagnosis.verdict, summary: diagnosis.summary },
    expected,
    found,
    differences,
    ms: { total: ms, stages },
    peakRssBytes,
  };
  if (outcome.verdict !== 'confirmed') return base;
  const scenario = scenarios.find(({ name }) => name === cell.scenario);
  const wanted = cell.variant === 'fixed' ? 'none' : (scenario?.expect.verdict ?? 'deadlock');
  if (diagnosis?.verdict !== wanted) {
    return {
      ...base,
      verdict: 'unknown',
      summary: 'confirmed without a diagnosis that says so',
      reasons: [summary],
    };
  }
  if (!isRelease(diagnosis.goVersion, cell.go)) {
    const why = `the core is of ${diagnosis.goVersion}, not of Go ${cell.go}`;
    return { ...base, verdict: 'unknown', summary: why, reasons: [summary] };
  }
  return base;
}

/** Experiments follow the release after a space: `go1.26.8 X:nodwarf5`. */
function isRelease(goVersion: string, release: string): boolean {
  return goVersion.split(' ')[0] === `go${release}`;
}

async function putAway(
  result: CellResult,
  files: BundleFiles | undefined,
  { plan }: Journal,
  signal: AbortSignal,
): Promise<CellResult> {
  if (files === undefined) return result;
  if (plan.keep !== null) {
    try {
      return { ...result, folder: await keepBundle(plan.keep, result, files, signal) };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const why = `its bundle could not be kept in ${plan.keep}: ${messageOf(thrown)}`;
      return { ...result, reasons: [...result.reasons, why], folder: dirname(files.core) };
    }
  }
  if (result.verdict !== 'confirmed') return { ...result, folder: dirname(files.core) };
  await Promise.all([files.core, files.exe].map((path) => rm(path, { force: true })));
  return result;
}

/** A killed capture leaves what it had written so far, which may be more than a gigabyte. */
async function removeHalfCores(folder: string): Promise<void> {
  for (const run of await readdir(folder)) {
    const names = await readdir(join(folder, run)).catch(() => []); // a file
    for (const name of names.filter((one) => one.startsWith('.capture-'))) {
      await rm(join(folder, run, name), { recursive: true, force: true });
    }
  }
}

function notApplicable(cell: PlannedCell, why: string): CellResult {
  return { ...blank(cell), verdict: 'not-applicable', summary: why };
}

function broken(cell: PlannedCell, summary: string, reasons: readonly string[], ms: number): CellResult {
  return { ...blank(cell), summary, reasons: [...reasons], ms: { total: ms, stages: {} } };
}

function blank({ id, scenario, variant, go, delve }: PlannedCell): CellResult {
  return {
    id,
    scenario,
    variant,
    go,
    delve,
    verdict: 'unknown',
    summary: '',
    reasons: [],
    hang: null,
    diagnosis: null,
    expected: expectationOf(scenario, variant === 'fixed'),
    found: 'nothing',
    differences: [],
    ms: { total: 0, stages: {} },
    peakRssBytes: null,
    folder: null,
  };
}

/** A stored bundle may be of a scenario that is gone. */
function expectationOf(name: string, fixed: boolean): string {
  const scenario = scenarios.find((one) => one.name === name);
  return scenario === undefined ? 'no scenario of this name' : describeExpected(scenario, fixed);
}
