import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { readExecutable } from '../core/executable.js';
import { interrupted } from '../errors.js';
import type { Emit } from '../events.js';
import { cacheFolder } from '../paths.js';
import { localTarget } from '../targets/local.js';
import { findGo, type GoTool, goEnvironment, listEveryGo } from '../toolchain/go.js';
import { newerGo } from '../toolchain/versions.js';
import { buildTagsIn } from './build-tags.js';
import type { Dump, DumpFrame } from './model.js';

/** The program of a dump, with the sources that its paths lead to. */
export interface DumpProgram {
  /** An executable of it: what it was said to be, or one that was built of the sources. */
  readonly exe: string;
  /** Where the main package lay when the program was built, and where it lies here; absent where `exe` was given. */
  readonly moved: MovedModule | undefined;
  readonly goRoot: string;
  readonly moduleCache: string;
  readonly mainModule: string;
}

/** Folders of the main module: as the dump has them, and here. */
export interface MovedModule {
  readonly from: string;
  readonly to: string;
}

export interface ProgramOptions {
  readonly exe?: string | undefined;
  /** A folder with the sources: the module's own, or one around it. */
  readonly source?: string | undefined;
  readonly sourceMap?: readonly { readonly from: string; readonly to: string }[] | undefined;
}

const buildTimeoutMs = 5 * 60_000;
const askTimeoutMs = 30_000;
const forgottenMs = 7 * 24 * 3_600_000;

/**
 * Finds the program of a dump, or why there is none. Without an executable, one is built of the sources, by the Go that
 * is here: its table of functions says which packages, files and functions the program has. It is never run.
 */
export async function programOf(
  dump: Dump,
  { exe, source, sourceMap = [] }: ProgramOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<DumpProgram | string> {
  const frames = dump.stacks.flatMap((stack) => [
    ...stack.frames,
    ...(stack.createdBy === undefined ? [] : [stack.createdBy]),
  ]);
  const main = mainPackage(frames);
  const folder = main === undefined ? undefined : await localFolder(main, { source, sourceMap });
  const go = await goFor(folder, signal);
  if (exe !== undefined) {
    const { build } = await readExecutable(exe, signal);
    const places = go === undefined ? { goRoot: '', moduleCache: '' } : await goPlaces(go, signal);
    return { exe, moved: undefined, ...places, mainModule: build?.mainModule ?? '' };
  }
  if (main === undefined) return 'no function of a main package is in the dump, so its sources are not known';
  if (folder === undefined) {
    const hint = source === undefined ? 'pass the folder that has them with --source DIR' : 'check --source';
    return `the sources of ${main.folder} are not here: ${hint}`;
  }
  if (go === undefined) return 'no Go is installed here that could read the sources';
  const tags = await buildTagsIn(sourceFilesOf(frames, main, folder));
  const built = await build(go, { folder, tests: main.tests, tags }, emit, signal);
  if (typeof built === 'string') return built;
  const { build: info } = await readExecutable(built.exe, signal);
  const to = (await moduleFolder(folder)) ?? folder;
  const depth = relative(to, folder);
  const from = depth === '' ? main.folder : main.folder.slice(0, -depth.length - 1);
  return {
    exe: built.exe,
    moved: { from, to },
    ...(await goPlaces(go, signal)),
    mainModule: info?.mainModule ?? '',
  };
}

interface MainPackage {
  /** As recorded. */
  readonly folder: string;
  readonly file: string;
  /** It is a package's tests: what `go test` builds. */
  readonly tests: boolean;
}

/** Where the main package lay when the program was built; of tests, the package that they test. */
function mainPackage(frames: readonly Pick<DumpFrame, 'function' | 'file'>[]): MainPackage | undefined {
  const test = frames.find(({ function: name, file }) => name !== 'main.main' && file.endsWith('_test.go'));
  const isTest = frames.some(({ file }) => basename(file) === '_testmain.go');
  if (isTest && test !== undefined) return { folder: dirname(test.file), file: test.file, tests: true };
  const own = frames.find(
    ({ function: name, file }) =>
      name.startsWith('main.') && file.endsWith('.go') && !basename(file).startsWith('_'),
  );
  return own === undefined ? undefined : { folder: dirname(own.file), file: own.file, tests: false };
}

async function localFolder(
  { file }: MainPackage,
  { source, sourceMap = [] }: Pick<ProgramOptions, 'source' | 'sourceMap'>,
): Promise<string | undefined> {
  for (const { from, to } of sourceMap) {
    if (!file.startsWith(from)) continue;
    const here = join(to, file.slice(from.length));
    if (await isFile(here)) return dirname(here);
  }
  if (source !== undefined) {
    // The longest end of the recorded path that lies below the folder.
    const parts = file.split('/').filter((part) => part !== '');
    for (let i = 0; i < parts.length; i += 1) {
      const here = join(source, ...parts.slice(i));
      if (await isFile(here)) return dirname(resolve(here));
    }
    return undefined;
  }
  return file.startsWith('/') && (await isFile(file)) ? dirname(file) : undefined;
}

/** Frames of the main package, as files here: their build constraints hold of the program. */
function sourceFilesOf(
  frames: readonly Pick<DumpFrame, 'file'>[],
  { folder }: MainPackage,
  local: string,
): string[] {
  const own = frames.filter(({ file }) => dirname(file) === folder);
  return [...new Set(own.map(({ file }) => join(local, basename(file))))];
}

async function goFor(folder: string | undefined, signal: AbortSignal): Promise<GoTool | undefined> {
  const first = await findGo(localTarget(), signal);
  const module = folder === undefined ? undefined : await moduleFolder(folder);
  const text = module === undefined ? '' : await readFile(join(module, 'go.mod'), 'utf8').catch(() => '');
  const needed = Number(/^go 1\.(\d+)/m.exec(text)?.[1] ?? 0);
  if (first !== undefined && first.release.minor >= needed) return first;
  const [newest] = (await listEveryGo(localTarget(), [], signal)).toSorted((a, b) =>
    newerGo(a.release, b.release),
  );
  return newest ?? first;
}

async function goPlaces(
  go: GoTool,
  signal: AbortSignal,
): Promise<Pick<DumpProgram, 'goRoot' | 'moduleCache'>> {
  const { stdout } = await localTarget().exec([go.path, 'env', 'GOROOT', 'GOMODCACHE'], {
    ...{ signal, env: goEnvironment, timeoutMs: askTimeoutMs },
  });
  const [goRoot = '', moduleCache = ''] = stdout.split('\n').map((line) => line.trim());
  return { goRoot, moduleCache };
}

interface Wanted {
  readonly folder: string;
  readonly tests: boolean;
  readonly tags: readonly string[];
}

/** Builds the package in the cache; the go command does nothing there when nothing has changed. */
async function build(
  go: GoTool,
  { folder, tests, tags }: Wanted,
  emit: Emit,
  signal: AbortSignal,
): Promise<{ readonly exe: string } | string> {
  const key = createHash('sha256').update(JSON.stringify([folder, tests, tags, go.path, go.version]));
  const home = join(cacheFolder(), 'dump-programs', key.digest('hex').slice(0, 16));
  await mkdir(home, { recursive: true });
  await removeForgotten(dirname(home));
  const exe = join(home, 'program');
  const fresh = `${exe}.${process.pid}.${randomUUID().slice(0, 8)}`;
  const flags = ['-trimpath=false', '-ldflags=-w', ...(tags.length === 0 ? [] : [`-tags=${tags.join(',')}`])];
  const command = tests ? ['test', '-c', '-vet=off'] : ['build', '-buildvcs=false'];
  emit({ type: 'note', text: `building ${folder} to read its sources` });
  try {
    const result = await localTarget().exec([go.path, ...command, ...flags, '-o', fresh, '.'], {
      ...{ signal, cwd: folder, env: goEnvironment, timeoutMs: buildTimeoutMs },
    });
    if (result.exitCode !== 0) {
      const said = result.timedOut ? 'it took more than five minutes' : firstError(result.stderr);
      return `the sources in ${folder} cannot be built here: ${said}`;
    }
    await rename(fresh, exe);
    return { exe };
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    throw error;
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Programs that no dump has asked for in a week. */
async function removeForgotten(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const seen = await stat(join(folder, name)).catch(() => undefined);
    if (seen !== undefined && Date.now() - seen.mtimeMs > forgottenMs)
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** The first line of what go says that is no heading. */
function firstError(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return (lines[0] ?? 'go said nothing').slice(0, 300);
}

/** The nearest folder with a go.mod. */
async function moduleFolder(folder: string): Promise<string | undefined> {
  for (let dir = folder; ; dir = dirname(dir)) {
    if (await isFile(join(dir, 'go.mod'))) return dir;
    if (dir === dirname(dir)) return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (seen) => seen.isFile(),
    () => false,
  );
}
