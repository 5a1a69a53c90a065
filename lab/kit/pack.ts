import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { analyzeCore } from '../analysis/analyze-core.js';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Bundle } from '../capture/bundle.js';
import type { KeptOfCore } from '../capture/kept-of-core.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { bundleIn } from '../findings.js';
import { writeJson } from '../json-file.js';
import { goRootOf, sourceMapOf, sourcesFolder } from '../run-sources.js';
import type { SourceText } from '../source/facts.js';
import { bundleOf } from '../stages/index.js';
import { labVersion } from '../store/lab-version.js';
import { openRun, type Run } from '../store/run-store.js';
import { ensureDelve } from '../toolchain/index.js';
import { describeFile, inFolder, writeArchive } from './archive.js';
import { checkKit, differs } from './check-kit.js';
import { diskFull } from './disk-full.js';
import { kitRecord } from './kit-record.js';
import type { Manifest } from './manifest.js';
import { writeOtherSources } from './other-sources.js';
import { slimCore } from './slim-core.js';
import { makeStage } from './stage.js';

export interface PackRequest {
  /** Folder of a run with a core. */
  readonly dir: string;
  /** The kit; it does not exist yet. */
  readonly out: string;
  /** Pack the core as it is, with all data that the service had in memory. */
  readonly keepHeap: boolean;
  /** Folder of a lesson to go along. */
  readonly lesson?: string | undefined;
  /** Path of dlv; one that fits the program is found when not given. */
  readonly delve?: string | undefined;
}

export interface PackedKit {
  readonly file: string;
  readonly bytes: number;
  readonly manifest: Manifest;
  readonly diagnosis: Diagnosis;
  /** Values of variables in the diagnosis that the slimmed core does not have. */
  readonly valuesLeftOut: number;
}

/**
 * Packs a run as one file. Before it is there, its core is diagnosed as its reader will do it, and compared with the
 * run's own. On failure nothing is left behind.
 *
 * Throws `usage` when the run has no core or a path is wrong, `no-space`, and `undecided` when the slimmed core cannot
 * be made or does not give the same diagnosis.
 */
export async function packKit(request: PackRequest, emit: Emit, signal: AbortSignal): Promise<PackedKit> {
  const out = resolve(request.out);
  const run = await openRun(request.dir);
  const bundle = coreOf(run);
  const lesson = request.lesson === undefined ? undefined : await lessonFiles(resolve(request.lesson));
  if (existsSync(out)) throw usage(`${out} exists already`, 'choose another file with -o, or remove it');
  await using stage = await makeStage(dirname(out));
  const work = { ...request, out, run, bundle, lesson, stage: stage.path };
  return await diskFull(packIn(work, emit, signal), dirname(out));
}

interface Work extends Omit<PackRequest, 'lesson'> {
  readonly run: Run;
  readonly bundle: Bundle;
  readonly lesson: ReadonlyMap<string, string> | undefined;
  /** Folder of our own on the disk that the kit goes to. */
  readonly stage: string;
}

async function packIn(work: Work, emit: Emit, signal: AbortSignal): Promise<PackedKit> {
  const { run, bundle, stage, out, keepHeap, lesson } = work;
  const note = (text: string) => emit({ type: 'note', text });
  const tool = await ensureDelve({ goVersion: bundle.goVersion, install: true, emit }, signal);
  const delve = work.delve ?? tool.path;
  let texts: readonly SourceText[] = [];
  const whole = await analyzeCore(
    {
      ...{ exe: bundle.exe, core: bundle.core, delve, sourceMap: sourceMapOf(run), goRoot: goRootOf(run) },
      onSources: async (sources) => {
        texts = await sources.texts();
      },
    },
    () => undefined,
    signal,
  );
  note(`the run's core: ${whole.verdict}`);
  const kit = join(stage, 'kit');
  await mkdir(kit);
  const files = await runSources(run);
  const own = run.file(sourcesFolder) + sep;
  const others = texts.filter(({ local }) => !local.startsWith(own));
  for (const [path, from] of await writeOtherSources(others, kit, signal)) files.set(path, from);
  for (const [path, from] of lesson ?? []) files.set(path, from);
  const exe = basename(bundle.exe);
  const core = basename(bundle.core);
  files.set(exe, bundle.exe).set(core, keepHeap ? bundle.core : join(kit, core));
  let kept: KeptOfCore = { kind: 'whole', size: (await stat(bundle.core)).size };
  let checked = { diagnosis: whole, valuesLeftOut: 0 };
  if (!keepHeap) {
    kept = await slimCore({ exe: bundle.exe, core: bundle.core, out: join(kit, core), delve }, signal);
    note('the core is slimmed; diagnosing it again');
    const result = await checkKit({ kit, files, exe, core, delve, run, whole }, signal);
    if (result.differences.length > 0) throw differs(result.differences);
    checked = { diagnosis: result.diagnosis, valuesLeftOut: result.valuesLeftOut };
  }
  const coreFile = await describeFile(core, files.get(core) ?? '', signal);
  await writeJson(join(kit, 'run.json'), kitRecord(run.record, bundle, coreFile));
  const { stats: _, ...diagnosis } = checked.diagnosis;
  const process = { ...diagnosis.process, exe, core };
  await writeJson(join(kit, 'diagnosis.json'), { ...diagnosis, process, stats: checked.diagnosis.stats });
  for (const name of ['run.json', 'diagnosis.json']) files.set(name, join(kit, name));
  const described = [];
  for (const [path, from] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    described.push(path === core ? coreFile : await describeFile(path, from, signal));
  }
  const { config } = run.record;
  const manifest: Manifest = {
    schema: 'lab.kit/1',
    name: run.record.id,
    created: new Date().toISOString(),
    ...{ scenario: config.scenario, fixed: config.fixed, verdict: whole.verdict, buildId: bundle.buildId },
    versions: { go: bundle.goVersion, delve: tool.version, lab: await labVersion() },
    ...{ core: kept, files: described, leftOut: await leftOut(run, files) },
    lesson: lesson === undefined ? null : 'lesson',
  };
  note(`packing ${described.length} files`);
  const partial = join(stage, 'kit.tar.gz');
  const bytes = await writeArchive({ manifest, files, out: partial }, signal);
  await rename(partial, out);
  return { file: out, bytes, manifest, ...checked };
}

/** Sources that the run kept, by their path in the kit. */
async function runSources(run: Run): Promise<Map<string, string>> {
  const folder = run.file(sourcesFolder);
  const paths = existsSync(folder) ? await filesBelow(folder) : [];
  return new Map(paths.map((path) => [`${sourcesFolder}/${path}`, inFolder(folder, path)]));
}

async function lessonFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) throw usage(`there is no lesson at ${folder}`, 'name its folder');
  const paths = await filesBelow(folder);
  if (paths.length === 0) throw usage(`the folder ${folder} has no files`, 'name the folder of a lesson');
  return new Map(paths.map((path) => [`lesson/${path}`, inFolder(folder, path)]));
}

/** Regular files, by paths with forward slashes. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

async function leftOut(run: Run, files: ReadonlyMap<string, string>): Promise<string[]> {
  return (await filesBelow(run.dir)).filter((path) => !files.has(path));
}

function coreOf(run: Run): Bundle {
  const name = basename(run.dir);
  if (run.record.stages['capture']?.state !== 'done') {
    throw usage(
      `run ${name} has no core, so there is nothing to pack`,
      'pack a run that captured one: npx lab runs',
    );
  }
  bundleOf(run);
  const bundle = bundleIn(run);
  for (const path of [bundle.core, bundle.exe]) {
    if (!existsSync(path))
      throw usage(`${path} of run ${name} is gone`, 'run the experiment again: npx lab run');
  }
  return bundle;
}

function usage(message: string, hint: string): LabError {
  return new LabError(message, { code: 'usage', hint });
}
