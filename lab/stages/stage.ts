import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type LoadFacts, loadFactsSchema } from '../checklist/load-facts.js';
import { type LabConfig, scenarioOf } from '../config.js';
import { withDeadline } from '../deadline.js';
import { LabError } from '../errors.js';
import type { Emit, StageName } from '../events.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { BuiltServer } from '../server/build.js';
import { stageResult } from '../store/run-record.js';
import type { Keep, Run } from '../store/run-store.js';
import type { Target } from '../targets/target.js';
import type { DelveTool, GoTool } from '../toolchain/index.js';

/** What every stage works with. */
export interface StageContext {
  readonly run: Run;
  readonly target: Target;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly tools?: Tools | undefined;
}

/** Tools to work with instead of those that would be found. */
export interface Tools {
  readonly go?: GoTool;
  readonly delve?: DelveTool;
  /** The program, built already. */
  readonly built?: BuiltServer;
}

export interface Planned {
  readonly config: LabConfig;
  readonly scenario: Scenario;
}

/** What a run was asked to do. */
export function plannedIn(run: Run): Planned {
  const { config } = run.record;
  return { config, scenario: scenarioOf(config) };
}

/** The run's own folder on its target; it exists, and only its owner may enter it. */
export async function folderOn(target: Target, run: Run, signal: AbortSignal): Promise<string> {
  if (target.kind === 'local') return run.dir;
  const folder = join(target.workFolder, 'runs', basename(run.dir));
  await target.exec(['mkdir', '-p', '--mode=0700', '--', folder], { signal });
  return folder;
}

/**
 * Nothing of the run stays on another machine; what its server wrote is brought home first where that was not done
 * yet. A machine that cannot be reached any more keeps it.
 */
export async function leaveFolder(target: Target, run: Run): Promise<void> {
  if (target.kind === 'local') return;
  const signal = AbortSignal.timeout(leaveMs);
  const folder = join(target.workFolder, 'runs', basename(run.dir));
  const log = run.file('server.log');
  try {
    if (!existsSync(log)) await target.download(join(folder, 'server.log'), log, { signal }).catch(() => {});
    await target.exec(['rm', '-rf', '--', folder], { signal });
  } catch {
    // What failed before says more.
  }
}

/** Milliseconds. */
const leaveMs = 15_000;

/** What came of the run's load; `undefined` when there was none. */
export function loadFactsOf(run: Run): LoadFacts | undefined {
  const stage = savedStage(run, 'load', z.looseObject({ facts: loadFactsSchema.optional() }));
  return stage?.facts;
}

/** The result that a stage left, when it left one of that shape. */
export function savedStage<S extends z.ZodType>(
  run: Run,
  name: StageName,
  schema: S,
): z.infer<S> | undefined {
  return stageResult(run.record.stages[name], schema);
}

/** Seconds that a stage may take; a VM without hardware support needs most of them. */
const limits: Readonly<Record<StageName, number>> = {
  connect: 1_800,
  provision: 1_800,
  build: 900,
  start: 180,
  load: 1_800,
  recover: 600,
  // The core is taken in the midst of it.
  symptoms: 2_100,
  capture: 1_800,
  stop: 300,
  analyze: 3_600,
  checklist: 1_800,
  report: 600,
};

/**
 * Does a stage's work: saved in the run, announced before and after. The work returns its result, one line about
 * it, and what is kept of it in `run.json` when that is not the result itself. Its signal aborts with the caller's,
 * and when the stage takes longer than it may: that throws `undecided`.
 */
export async function inStage<T>(
  { run, emit, signal }: Pick<StageContext, 'run' | 'emit' | 'signal'>,
  stage: StageName,
  text: string,
  work: (signal: AbortSignal, keep: Keep) => Promise<readonly [result: T, line: string, kept?: unknown]>,
): Promise<T> {
  emit({ type: 'stage-started', stage, text });
  const began = performance.now();
  const limit = limitOf(stage, run.record.config);
  const deadline = withDeadline(signal, limit * 1_000);
  let done: readonly [T, string, unknown?] | undefined;
  await run.stage(stage, async (keep) => {
    try {
      done = await work(deadline, keep);
    } catch (error) {
      if (deadline.aborted && !signal.aborted) throw tooLong(stage, limit, error);
      throw error;
    }
    return done.length === 3 ? done[2] : done[0];
  });
  if (done === undefined) throw new LabError(`stage ${stage} did nothing`, { code: 'internal' });
  emit({ type: 'stage-finished', stage, ms: performance.now() - began, text: done[1] });
  return done[0];
}

function limitOf(stage: StageName, { stageTimeout, loadTimeout = 0 }: LabConfig): number {
  // The load has a time of its own, which may be the longer one.
  const own = stage === 'load' ? loadTimeout : 0;
  return own + (stageTimeout ?? limits[stage]);
}

function tooLong(stage: StageName, seconds: number, cause: unknown): LabError {
  return new LabError(`stage ${stage} was not done within ${seconds} s`, {
    code: 'undecided',
    hint: `give the stages more time: --stage-timeout ${seconds * 2}`,
    cause,
  });
}
