import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Bundle, bundleSchema } from './capture/bundle.js';
import { captureBundle } from './capture/capture.js';
import { captureMethods } from './capture/index.js';
import { type LoadFacts, loadFactsSchema } from './checklist/load-facts.js';
import { patienceForDump, type Quit, quitServer } from './checklist/sigquit.js';
import { type HttpSeen, observeSymptoms, type Symptoms } from './checklist/symptoms.js';
import { type LabConfig, scenarioOf } from './config.js';
import { LabError } from './errors.js';
import type { Emit, StageName } from './events.js';
import { describeExit } from './hang/judge.js';
import { goServerFolder } from './paths.js';
import type { Scenario } from './scenarios/scenario.js';
import { crowdOf } from './scenarios/sized.js';
import { type BuiltServer, buildServer, builtServerSchema } from './server/build.js';
import { type RunningServer, reattachServer, startedServerSchema, startServer } from './server/start.js';
import { stageResult } from './store/run-record.js';
import type { Run } from './store/run-store.js';
import type { Target } from './targets/target.js';
import {
  type DelveTool,
  ensureDelve,
  findGo,
  type GoTool,
  requireGdb,
  requireGo,
} from './toolchain/index.js';

/*
 * One function per stage. Each takes what the stage before it left in the run's folder or handed over,
 * saves what it found before it returns, and tells of its beginning and end.
 */

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

/** Looks whether the target has what the experiment needs, before anything is started. */
export async function provision(context: StageContext): Promise<void> {
  const { run, target, emit, signal, tools = {} } = context;
  await inStage(context, 'provision', `looking for tools on ${target.name}`, async () => {
    const [go, gdb] = await Promise.all([tools.go ?? requireGo(target, signal), requireGdb(target, signal)]);
    const delve = tools.delve ?? (await ensureDelve({ goVersion: go.version, install: true, emit }, signal));
    const versions = { go: go.version, gdb: gdb.version ?? 'unknown', delve: delve.version };
    await run.note(versions);
    return [versions, `Go ${versions.go}, Delve ${versions.delve}, gdb ${versions.gdb}`];
  });
}

export async function build(context: StageContext): Promise<BuiltServer> {
  const { run, tools = {} } = context;
  const { config, scenario } = plannedIn(run);
  const what = `${scenario.name}${config.fixed ? ', repaired' : ''}, ${config.build} build`;
  return await inStage(context, 'build', what, async () => {
    const built = tools.built ?? (await buildWith(context, scenario));
    // The analysis reads the lines that were compiled, whatever becomes of them later.
    for (const folder of [scenario.package, 'internal']) {
      const kept = join(run.file(sourcesFolder), folder);
      await cp(join(goServerFolder, folder), kept, { recursive: true, preserveTimestamps: true });
    }
    return [built, `${what}, Go ${built.goVersion}`];
  });
}

async function buildWith({ run, target, signal, tools }: StageContext, scenario: Scenario) {
  const go = tools?.go ?? (await findGo(target, signal)) ?? (await requireGo(target, signal));
  return await buildServer(target, go, scenario, plannedIn(run).config, signal);
}

export async function start(context: StageContext): Promise<RunningServer> {
  const { run, target, signal } = context;
  const { config, scenario } = plannedIn(run);
  const { exe } = run.resultOf('build', builtServerSchema);
  return await inStage(context, 'start', 'the server', async () => {
    const server = await startServer(
      target,
      {
        exe,
        port: config.port ?? scenario.server.port ?? 0,
        pprofPort: config.pprofPort ?? scenario.server.pprofPort ?? 0,
        path: scenario.server.path,
        flags: scenario.server.flags,
        logFile: run.file('server.log'),
      },
      signal,
    );
    return [server, `pid ${server.identity.pid} listens at ${server.url}`];
  });
}

/** The server that the run's `start` stage left running. */
export async function reattach({ run, target, signal }: StageContext): Promise<RunningServer> {
  return await reattachServer(target, run.resultOf('start', startedServerSchema), signal);
}

/**
 * What curl, pprof and gdb see of the server. `meanwhile` is done while curl still waits; it returns for how
 * many milliseconds it stopped the server.
 */
export async function symptoms(
  context: StageContext,
  server: RunningServer,
  meanwhile?: () => Promise<number>,
): Promise<Symptoms> {
  const { run, target, signal } = context;
  const { exe } = run.resultOf('build', builtServerSchema);
  return await inStage(context, 'symptoms', 'curl, pprof and gdb look at the server', async () => {
    const seen = await observeSymptoms({
      target,
      pid: server.identity.pid,
      exe,
      url: server.url,
      pprofUrl: server.pprofUrl,
      pprofSeconds: 3 + Math.ceil(crowdOf(plannedIn(run).scenario) / 20_000),
      signal,
      ...(meanwhile === undefined ? {} : { meanwhile }),
    });
    return [seen, seen.curl.kind === 'seen' ? curlLine(seen.curl.value) : seen.curl.why];
  });
}

/** Takes the core; what `busy` opens is kept up meanwhile. */
export async function capture(
  context: StageContext,
  server: RunningServer,
  busy?: () => Promise<AsyncDisposable>,
): Promise<Bundle> {
  const { run, target, emit, signal } = context;
  const { config } = plannedIn(run);
  const method = captureMethods.find(({ name }) => name === config.capture);
  if (method === undefined) throw new LabError(`no capture method ${config.capture}`, { code: 'usage' });
  const { pid } = server.identity;
  return await inStage(context, 'capture', `${method.name} of pid ${pid}`, async () => {
    await using _work = await busy?.();
    const bundle = await captureBundle({ target, pid, method, dir: run.dir }, emit, signal);
    return [
      bundle,
      `core.${pid}, ${mebibytes(bundle.size.onDisk)} on disk of ${mebibytes(bundle.size.apparent)}`,
    ];
  });
}

/** Ends a hung server as a person would who wants its goroutines, with SIGQUIT. */
export async function quit(context: StageContext, server: RunningServer): Promise<Quit> {
  const { run, target, signal } = context;
  return await inStage(context, 'stop', 'SIGQUIT', async () => {
    const { process, logFile } = server;
    const deadlineMs = patienceForDump(crowdOf(plannedIn(run).scenario));
    const seen = await quitServer({ target, process, logFile, signal, deadlineMs });
    const { sigquit } = seen;
    return [
      seen,
      sigquit.kind === 'seen'
        ? `SIGQUIT: ${sigquit.value.goroutines} goroutines printed, ${sigquit.value.ended ?? 'still running'}`
        : sigquit.why,
    ];
  });
}

/** Ends the server with SIGTERM, then SIGKILL. */
export async function stop(context: StageContext, server: RunningServer): Promise<void> {
  await inStage(context, 'stop', `pid ${server.identity.pid}`, async () => {
    await server.process[Symbol.asyncDispose]();
    const exit = server.process.exit();
    return [exit ?? null, exit === undefined ? 'it does not end' : describeExit(exit)];
  });
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

/** Where a run keeps the sources of its program, in its folder. */
export const sourcesFolder = 'sources';
/** Where a kit keeps all other sources that the analysis reads, by their recorded paths. */
export const otherSourcesFolder = 'other-sources';

/** The bundle that the run's `capture` stage left. */
export function bundleOf(run: Run): Bundle {
  return run.resultOf('capture', bundleSchema);
}

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

/**
 * Does a stage's work: saved in the run, announced before and after. The work returns its result, one line about
 * it, and what is kept of it in `run.json` when that is not the result itself.
 */
export async function inStage<T>(
  { run, emit }: Pick<StageContext, 'run' | 'emit'>,
  stage: StageName,
  text: string,
  work: () => Promise<readonly [result: T, line: string, kept?: unknown]>,
): Promise<T> {
  emit({ type: 'stage-started', stage, text });
  const began = performance.now();
  let done: readonly [T, string, unknown?] | undefined;
  await run.stage(stage, async () => {
    done = await work();
    return done.length === 3 ? done[2] : done[0];
  });
  if (done === undefined) throw new LabError(`stage ${stage} did nothing`, { code: 'internal' });
  emit({ type: 'stage-finished', stage, ms: performance.now() - began, text: done[1] });
  return done[0];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

/** Ends the server that a stored run left running; whether there was one. */
export async function stopServerOf(run: Run, target: Target, signal: AbortSignal): Promise<boolean> {
  const started = savedStage(run, 'start', startedServerSchema);
  const process = started === undefined ? undefined : await target.attach(started.identity, signal);
  await process?.[Symbol.asyncDispose]();
  return process !== undefined;
}

function curlLine({ message, status, ms }: HttpSeen): string {
  return message === '' ? `curl: status ${status ?? 'none'} after ${ms} ms` : message;
}
