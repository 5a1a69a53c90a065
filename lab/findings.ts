import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { analyzeCore } from './analysis/analyze-core.js';
import type { Diagnosis } from './analysis/model/diagnosis.js';
import type { Roster } from './analysis/model/roster.js';
import type { Bundle } from './capture/bundle.js';
import { checklist } from './checklist/checklist.js';
import type { ChecklistInput } from './checklist/input.js';
import type { ChecklistRow } from './checklist/row.js';
import { quitSchema } from './checklist/sigquit.js';
import { symptomsSchema } from './checklist/symptoms.js';
import { walkCore } from './checklist/walk.js';
import type { Walk } from './checklist/walk-record.js';
import type { LaunchDelve } from './delve/launch.js';
import type { Emit } from './events.js';
import { writeJson } from './json-file.js';
import { checklistSummary } from './report/checklist-text.js';
import { goRootOf, sourceMapOf } from './run-sources.js';
import { bundleOf, inStage, loadFactsOf, plannedIn, savedStage } from './stages/index.js';
import { membersFile, writeMembers } from './store/members.js';
import type { Run } from './store/run-store.js';
import type { Target } from './targets/target.js';
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

/** What is known of a run's core. */
export interface Concluded {
  readonly diagnosis?: Diagnosis;
  /** Present when the walk through the core was done on its target. */
  readonly walk?: Walk;
}

/** The reproduction checklist, with the article's walk through the core done by hand. */
export async function compareWithArticle(
  run: Run,
  { diagnosis, walk: walkedThere }: Concluded,
  emit: Emit,
  signal: AbortSignal,
): Promise<readonly ChecklistRow[]> {
  return await inStage({ run, emit, signal }, 'checklist', 'the article, claim by claim', async (limited) => {
    const walk = walkedThere ?? (await walkHere(run, diagnosis, limited));
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

async function walkHere(
  run: Run,
  diagnosis: Diagnosis | undefined,
  signal: AbortSignal,
): Promise<Walk | undefined> {
  if (diagnosis?.verdict !== 'deadlock') return undefined;
  const { core, exe } = bundleIn(run);
  const { path: dlv } = await ensureDelve({ goVersion: diagnosis.process.goVersion, install: false }, signal);
  return await walkCore({ dlv, exe, core, dir: run.dir, diagnosis, signal });
}

/** The same with the Delve of the target, where the core and its executable still lie in a folder of its own. */
export async function walkThere(
  run: Run,
  diagnosis: Diagnosis,
  { target, dlv, folder }: { readonly target: Target; readonly dlv: string; readonly folder: string },
  signal: AbortSignal,
): Promise<Walk | undefined> {
  if (plannedIn(run).scenario.article !== true || diagnosis.verdict !== 'deadlock') return undefined;
  const files = { exe: 'server', core: coreNameOf(run) };
  return await walkCore({ target, dlv, ...files, dir: folder, home: run.dir, diagnosis, signal });
}

/** In the run's folder on its target. */
export const coreNameOf = (run: Run): string => `core.${bundleOf(run).pid}`;

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
