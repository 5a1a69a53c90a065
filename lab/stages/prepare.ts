import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { captureMethod } from '../capture/index.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { goServerFolder } from '../paths.js';
import { libraryFolder, sourcesFolder } from '../run-sources.js';
import { type BuiltServer, buildServer } from '../server/build.js';
import { bringLibrarySources } from '../server/library-sources.js';
import { requireNeed } from '../server/needs.js';
import type { Run } from '../store/run-store.js';
import { openTarget } from '../targets/index.js';
import type { Target } from '../targets/target.js';
import {
  type DelveTool,
  ensureDelve,
  findDelve,
  findGo,
  type GoTool,
  requireGdb,
  requireGo,
} from '../toolchain/index.js';
import { folderOn, inStage, plannedIn, type StageContext, savedStage } from './stage.js';

/** Reaches the machine that the run was asked to happen on; a VM that is not up is brought up. */
export async function connect(
  run: Run,
  emit: Emit,
  signal: AbortSignal,
  { keep = run.record.config.keepVm ?? false }: { readonly keep?: boolean } = {},
): Promise<Target> {
  const { config } = plannedIn(run);
  // This machine is no stage.
  if (config.target === 'local') return await openTarget(config, emit, signal);
  return await inStage({ run, emit, signal }, 'connect', `reaching ${config.target}`, async (limited) => {
    const target = await openTarget(config, emit, limited, { keep, logFile: run.file('vagrant.log') });
    const { kind, name, workFolder } = target;
    return [target, `${name} is there`, { kind, name, workFolder }];
  });
}

/** The Delve of the target that reads the core there; absent when one of this machine does. */
const provisionedSchema = z.looseObject({ delveThere: z.string().optional() });

/** Looks whether the target has what the experiment needs, before anything is started. */
export async function provision(context: StageContext): Promise<void> {
  const { run, target, tools = {} } = context;
  await inStage(context, 'provision', `looking for tools on ${target.name}`, async (signal) => {
    await captureMethod(run.record.config.capture).requireTarget?.(target, signal);
    const [go, gdb] = await Promise.all([tools.go ?? requireGo(target, signal), requireGdb(target, signal)]);
    for (const need of plannedIn(run).scenario.server.needs ?? []) await requireNeed(target, need, signal);
    const { tool, there } = await delveFor(context, go, signal);
    const versions = { go: go.version, gdb: gdb.version ?? 'unknown', delve: tool.version };
    await run.note(versions);
    const where = there ? ` on ${target.name}` : '';
    return [
      { ...versions, ...(there ? { delveThere: tool.path } : {}) },
      `Go ${versions.go}, Delve ${versions.delve}${where}, gdb ${versions.gdb}`,
    ];
  });
}

/** Path of the target's Delve where that reads the core. */
export function delveThereOf(run: Run): string | undefined {
  return savedStage(run, 'provision', provisionedSchema)?.delveThere;
}

async function delveFor(
  { run, target, emit, tools = {} }: StageContext,
  { version: goVersion }: GoTool,
  signal: AbortSignal,
): Promise<{ readonly tool: DelveTool; readonly there: boolean }> {
  if (tools.delve !== undefined) return { tool: tools.delve, there: false };
  const remote = target.kind !== 'local';
  const onTarget = async () => await findDelve({ goVersion, install: false, target }, signal);
  if (remote && run.record.config.delve === 'there') {
    const tool = await onTarget();
    if (tool !== undefined) return { tool, there: true };
    throw new LabError(`no Delve that reads programs of Go ${goVersion} is installed on ${target.name}`, {
      code: 'missing-tool',
      hint: 'let the one of this machine read the core: --delve here',
    });
  }
  try {
    return { tool: await ensureDelve({ goVersion, install: true, emit }, signal), there: false };
  } catch (error) {
    const missing = error instanceof LabError && error.code === 'missing-tool';
    const tool = remote && missing && run.record.config.delve === undefined ? await onTarget() : undefined;
    if (tool === undefined) throw error;
    return { tool, there: true };
  }
}

export async function build(context: StageContext): Promise<BuiltServer> {
  const { run, target, tools = {} } = context;
  const { config, scenario } = plannedIn(run);
  const what = `${scenario.name}${config.fixed ? ', repaired' : ''}, ${config.build} build`;
  return await inStage(context, 'build', what, async (signal) => {
    const built = tools.built ?? (await buildWith(context, signal));
    if (target.kind !== 'local') await keepLibrary(context, built, signal);
    // The analysis reads the lines that were compiled, whatever becomes of them later.
    for (const name of [scenario.package, 'internal', 'go.mod']) {
      const kept = join(run.file(sourcesFolder), name);
      await cp(join(goServerFolder, name), kept, { recursive: true, preserveTimestamps: true });
    }
    return [built, `${what}, Go ${built.goVersion}`];
  });
}

async function buildWith({ run, target, tools }: StageContext, signal: AbortSignal): Promise<BuiltServer> {
  const { config, scenario } = plannedIn(run);
  const go = tools?.go ?? (await findGo(target, signal)) ?? (await requireGo(target, signal));
  return await buildServer(target, go, scenario, config, signal);
}

/** The analysis happens here, the library that was compiled in lies there. */
async function keepLibrary(
  { run, target }: StageContext,
  { argv, cwd }: BuiltServer,
  signal: AbortSignal,
): Promise<void> {
  const [go, path] = [argv[0], argv.at(-1)];
  if (go === undefined || path === undefined) return;
  const folder = await folderOn(target, run, signal);
  await bringLibrarySources({ target, go, package: path, cwd, folder, to: run.file(libraryFolder) }, signal);
}
