import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { analyzeCore } from './analysis/analyze-core.js';
import type { Diagnosis } from './analysis/diagnosis.js';
import type { Bundle } from './capture/bundle.js';
import { type ChecklistInput, checklist } from './checklist/checklist.js';
import type { ChecklistRow } from './checklist/row.js';
import { quitSchema } from './checklist/sigquit.js';
import { symptomsSchema } from './checklist/symptoms.js';
import { type Walk, walkCore } from './checklist/walk.js';
import type { Emit } from './events.js';
import { goServerFolder } from './paths.js';
import { checklistSummary } from './report/checklist-text.js';
import { builtServerSchema } from './server/build.js';
import {
  bundleOf,
  inStage,
  loadFactsOf,
  otherSourcesFolder,
  plannedIn,
  savedStage,
  sourcesFolder,
} from './stages.js';
import { writeJson } from './store/json-file.js';
import type { Run } from './store/run-store.js';
import { ensureDelve } from './toolchain/index.js';

/*
 * What is concluded from a run's folder alone, with the server gone: the diagnosis, and the comparison with
 * the article.
 */

/**
 * Diagnoses the run's core, exactly as `lab analyze --exe --core` does, and saves `diagnosis.json`. `delve` is the
 * path of a dlv to work with; one that fits is found when none is given.
 */
export async function analyzeRun(
  run: Run,
  emit: Emit,
  signal: AbortSignal,
  delve?: string,
): Promise<Diagnosis> {
  const { core, exe } = bundleIn(run);
  const sourceMap = sourceMapOf(run);
  const rawListFile = run.file('list_goroutines.json');
  return await inStage({ run, emit }, 'analyze', basename(core), async () => {
    const diagnosis = await analyzeCore({ exe, core, delve, rawListFile, sourceMap }, emit, signal);
    await writeJson(run.file('diagnosis.json'), diagnosis);
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
  return await inStage({ run, emit }, 'checklist', 'the article, claim by claim', async () => {
    const walk = diagnosis?.verdict === 'deadlock' ? await walkThrough(run, diagnosis, signal) : undefined;
    if (walk !== undefined) await writeJson(run.file('walk.json'), walk);
    const input = await checklistInput(run, diagnosis, walk);
    const rows = checklist(input);
    await writeJson(run.file('checklist.json'), rows);
    return [rows, checklistSummary(rows)];
  });
}

/** Where the sources lie that the run kept; runs of older versions of the lab kept those of one package only. */
export function sourceMapOf(
  run: Run,
  // Of a kit, which may have been made elsewhere: files of all other folders.
  others = run.file(otherSourcesFolder),
): { from: string; to: string }[] {
  const to = run.file(sourcesFolder);
  const map = existsSync(others) ? [{ from: '/', to: `${others}/` }] : [];
  if (!existsSync(to)) return map;
  const { package: folder } = plannedIn(run).scenario;
  const compiledIn = savedStage(run, 'build', builtServerSchema)?.cwd ?? goServerFolder;
  return [{ from: existsSync(join(to, folder)) ? compiledIn : join(compiledIn, folder), to }, ...map];
}

/** The bundle, wherever the run's folder lies now. */
export function bundleIn(run: Run): Bundle {
  const bundle = bundleOf(run);
  const here = (path: string): string =>
    existsSync(run.file(basename(path))) ? run.file(basename(path)) : path;
  return { ...bundle, core: here(bundle.core), exe: here(bundle.exe) };
}

async function walkThrough(run: Run, diagnosis: Diagnosis, signal: AbortSignal): Promise<Walk> {
  const { core, exe } = bundleIn(run);
  const { path: dlv } = await ensureDelve({ goVersion: diagnosis.process.goVersion, install: false }, signal);
  return await walkCore({ dlv, exe, core, dir: run.dir, diagnosis, signal });
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
