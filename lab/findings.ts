import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { analyzeCore } from './analysis/analyze-core.js';
import type { Diagnosis } from './analysis/model/diagnosis.js';
import type { Roster } from './analysis/model/roster.js';
import type { Bundle } from './capture/bundle.js';
import { type ChecklistInput, checklist } from './checklist/checklist.js';
import type { ChecklistRow } from './checklist/row.js';
import { quitSchema } from './checklist/sigquit.js';
import { symptomsSchema } from './checklist/symptoms.js';
import { type Walk, walkCore } from './checklist/walk.js';
import type { LaunchDelve } from './delve/launch.js';
import type { Emit } from './events.js';
import { checklistSummary } from './report/checklist-text.js';
import { goRootOf, sourceMapOf } from './run-sources.js';
import { bundleOf, delveThereOf, inStage, loadFactsOf, plannedIn, savedStage } from './stages/index.js';
import { writeJson } from './store/json-file.js';
import { membersFile, writeMembers } from './store/members.js';
import type { Run } from './store/run-store.js';
import { ensureDelve } from './toolchain/index.js';

/*
 * What is concluded from a run's folder alone, with the server gone: the diagnosis, and the comparison with
 * the article.
 */

export interface AnalyzeRunOptions {
  /** Path of a dlv to work with; one that fits is found when none is given. */
  readonly delve?: string | undefined;
  /** A Delve of another machine in its place. */
  readonly launch?: LaunchDelve | undefined;
}

/** Diagnoses the run's core, exactly as `lab analyze --exe --core` does, and saves `diagnosis.json`. */
export async function analyzeRun(
  run: Run,
  emit: Emit,
  signal: AbortSignal,
  { delve, launch }: AnalyzeRunOptions = {},
): Promise<Diagnosis> {
  const { core, exe } = bundleIn(run);
  const sourceMap = sourceMapOf(run);
  const goRoot = goRootOf(run);
  const rawListFile = run.file('list_goroutines.json');
  return await inStage({ run, emit, signal }, 'analyze', basename(core), async (limited) => {
    let roster: Roster | undefined;
    const onRoster = (read: Roster) => {
      roster = read;
    };
    const diagnosis = await analyzeCore(
      { exe, core, delve, launch, rawListFile, sourceMap, goRoot, onRoster },
      emit,
      limited,
    );
    await rm(run.file(membersFile), { force: true });
    await writeJson(run.file('diagnosis.json'), diagnosis);
    if (roster !== undefined) await writeMembers(run.file(membersFile), roster);
    const { verdict, summary, stats } = diagnosis;
    return [diagnosis, `${verdict}, ${(stats.wallMs / 1000).toFixed(1)} s`, { verdict, summary }];
  });
}

/** The reproduction checklist, with the article's walk through the core done by hand. */
export async function compareWithArticle(
  run: Run,
  diagnosis: Diagnosis | undefined,
  emit: Emit,
  signal: AbortSignal,
): Promise<readonly ChecklistRow[]> {
  return await inStage({ run, emit, signal }, 'checklist', 'the article, claim by claim', async (limited) => {
    const walk = diagnosis?.verdict === 'deadlock' ? await walkThrough(run, diagnosis, limited) : undefined;
    if (walk !== undefined) await writeJson(run.file('walk.json'), walk);
    const input = await checklistInput(run, diagnosis, walk);
    const rows = checklist(input);
    await writeJson(run.file('checklist.json'), rows);
    return [rows, checklistSummary(rows)];
  });
}

/** The bundle, wherever the run's folder lies now. */
export function bundleIn(run: Run): Bundle {
  const bundle = bundleOf(run);
  const here = (path: string): string =>
    existsSync(run.file(basename(path))) ? run.file(basename(path)) : path;
  return { ...bundle, core: here(bundle.core), exe: here(bundle.exe) };
}

async function walkThrough(run: Run, diagnosis: Diagnosis, signal: AbortSignal): Promise<Walk | undefined> {
  const { core, exe } = bundleIn(run);
  const { goVersion } = diagnosis.process;
  const dlv = await ensureDelve({ goVersion, install: false }, signal).catch((error: unknown) => {
    // A core that Delve read elsewhere is walked through by nobody here.
    if (delveThereOf(run) !== undefined && !signal.aborted) return undefined;
    throw error;
  });
  if (dlv === undefined) return undefined;
  return await walkCore({ dlv: dlv.path, exe, core, dir: run.dir, diagnosis, signal });
}

async function checklistInput(
  run: Run,
  diagnosis: Diagnosis | undefined,
  walk: Walk | undefined,
): Promise<ChecklistInput> {
  const log = await readFile(run.file('server.log'), 'utf8').catch(() => '');
  return {
    fixed: plannedIn(run).config.fixed,
    listeningLine: /^.*server listening addr=.*$/m.exec(log)?.[0],
    load: loadFactsOf(run),
    symptoms: savedStage(run, 'symptoms', symptomsSchema),
    bundle: run.record.stages['capture']?.state === 'done' ? bundleIn(run) : undefined,
    quit: savedStage(run, 'stop', quitSchema),
    diagnosis,
    walk,
  };
}
