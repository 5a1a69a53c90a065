import { existsSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { readCoreHeader } from '../core/core-file.js';
import { type DebugFile, findDebugFile, readDebugFile } from '../core/debug-file.js';
import { type Executable, readExecutable } from '../core/executable.js';
import { findExecutable, matching, recordedExecutable } from '../core/find-executable.js';
import { bad } from '../core/input-file.js';
import { joinDebugInfo } from '../core/join-debug-info.js';
import { unlessBad } from '../core/same-build.js';
import { LabError } from '../errors.js';
import type { Room } from './room.js';
import type { Unpacked } from './unpack.js';

/** As they are typed. */
export interface GivenInputs {
  /** An executable, wrapped or not, or a folder to look for it in; the core and what it lies in are asked when not given. */
  readonly exe?: string | undefined;
  /** In its place several such executables and folders: that of the core's build is taken. */
  readonly exes?: readonly string[] | undefined;
  /** A core, wrapped or not, or `coredumpctl:PID`. */
  readonly core: string;
  /** A debug file or an unstripped executable, wrapped or not, or a folder to look for it in. */
  readonly debugFile?: string | undefined;
}

/** Two plain files. What had to be unpacked for that is gone when this is disposed. */
export interface Inputs extends AsyncDisposable {
  readonly exe: string;
  readonly core: string;
  /** When the core was written; `undefined` where that is not told. */
  readonly taken: Date | undefined;
  /** A value that is plain data, with what was unpacked called as it was where it came from. */
  named<T>(value: T): T;
}

export interface Telling {
  /** What is being done, for as long as it takes. */
  readonly onProgress: (text: string) => void;
  /** What somebody would want to know who typed none of it. */
  readonly onNote: (text: string) => void;
}

/**
 * Makes an executable and a core of what people have. Throws `usage` when something is damaged, missing or does not fit,
 * `missing-tool`, `no-space`, `interrupted`; nothing is left behind then.
 */
export async function openInputs(given: GivenInputs, telling: Telling, signal: AbortSignal): Promise<Inputs> {
  const names = new Map<string, string>();
  let room: Promise<Room> | undefined;
  const opening: Opening = {
    ...telling,
    signal,
    room: async () => {
      room ??= import('./room.js').then(({ openRoom }) => openRoom(signal));
      return await room;
    },
    nameOf: (path) => names.get(path) ?? path,
    keep: ({ path, name }) => {
      names.set(path, names.get(name) ?? name);
      return path;
    },
  };
  const dispose = async () => await (await room?.catch(() => undefined))?.[Symbol.asyncDispose]();
  const named = <T>(value: T): T => (names.size === 0 ? value : renamed(value, names));
  try {
    const { core, taken, programs } = await openCore(given, opening);
    const exe = await openExecutable(given, core, programs, opening);
    return {
      core,
      exe: await withDebugInfo(exe, given, opening),
      taken,
      named,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error instanceof LabError ? errorNamed(error, named) : error;
  }
}

/** The same error in the words of whoever named the files. */
export function errorNamed(error: LabError, named: Inputs['named']): LabError {
  const { code, cause, details, hint } = error;
  return new LabError(named(error.message), {
    code,
    cause,
    details,
    ...(hint === undefined ? {} : { hint: named(hint) }),
  });
}

/** Does the work; what it says of unpacked files is said in the words of whoever named them. */
export async function inTheirWords<T>({ named }: Pick<Inputs, 'named'>, work: () => Promise<T>): Promise<T> {
  try {
    return named(await work());
  } catch (error) {
    throw error instanceof LabError ? errorNamed(error, named) : error;
  }
}

interface Opening extends Telling {
  readonly signal: AbortSignal;
  room(): Promise<Room>;
  nameOf(path: string): string;
  /** Notes what an unpacked file is called, and returns its path. */
  keep(file: Unpacked): string;
}

async function openCore({ exe, core }: GivenInputs, opening: Opening) {
  const { onProgress, signal } = opening;
  if (core.startsWith('coredumpctl:')) {
    const { dumpOfSystemd } = await import('./coredumpctl.js');
    const { taken, ...dump } = await dumpOfSystemd(core, await opening.room(), onProgress, signal);
    return { core: opening.keep(dump), taken, programs: [] };
  }
  const file = resolve(core);
  if (!(await isWrapped(file))) return { core: file, taken: writtenAt(file), programs: [] };
  const both = exe === undefined || resolve(exe) === file;
  const { unpack } = await import('./unpack.js');
  const wanted = both ? (['core', 'programs'] as const) : (['core'] as const);
  const found = await unpack({ file, wanted, room: await opening.room(), onProgress }, signal);
  for (const program of found.programs) opening.keep(program);
  const opened = opening.keep(found.core as Unpacked);
  return { core: opened, taken: writtenAt(opened), programs: found.programs };
}

const writtenAt = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtime;

async function openExecutable(
  { exe, exes = [], core }: GivenInputs,
  opened: string,
  programs: readonly Unpacked[],
  opening: Opening,
): Promise<string> {
  const { onNote, onProgress, signal } = opening;
  if (exes.length > 1) return await oneOf(exes, core, opened, opening);
  if (exe === undefined || resolve(exe) === resolve(core)) {
    const found = await matching(programs, opened, signal);
    if (found !== undefined) return found.path;
    return await recorded(opened, programs.length, opening);
  }
  const file = resolve(exe);
  if (isFolder(file)) {
    onProgress(`looking for the executable in ${file}`);
    const { path } = await findExecutable(file, opened, signal);
    onNote(`executable: ${path}`);
    return path;
  }
  if (!(await isWrapped(file))) return file;
  const { unpack } = await import('./unpack.js');
  const found = await unpack({ file, wanted: ['programs'], room: await opening.room(), onProgress }, signal);
  for (const program of found.programs) opening.keep(program);
  // What does not fit is told by the check of the pair.
  const fits = (await matching(found.programs, opened, signal)) ?? found.programs[0];
  return (fits as Unpacked).path;
}

/** Of several executables, wrapped or in folders, the one that is of the build of the core. */
async function oneOf(
  exes: readonly string[],
  core: string,
  opened: string,
  opening: Opening,
): Promise<string> {
  for (const exe of exes) {
    const path = await unlessBad(openExecutable({ exe, core }, opened, [], opening));
    if (path !== undefined && (await matching([{ path }], opened, opening.signal)) !== undefined) return path;
  }
  throw bad(
    `none of the ${exes.length} executables can be shown to be of the build of ${core}`,
    'pass its executable as well, or a folder in which it is looked for by its build ID: --exe DIR',
  );
}

/** The executable where the process had it, if it is of that very build. */
async function recorded(core: string, looked: number, { onNote, signal }: Opening): Promise<string> {
  const pass = 'pass it: --exe FILE, or a folder in which it is looked for by its build ID: --exe DIR';
  const path = recordedExecutable(await readCoreHeader(core, signal));
  const of =
    looked === 0 ? '' : `, and none of the ${looked} Go programs beside the core is the one that it is of`;
  if (path === undefined) {
    throw bad(`no executable was named, and the core does not tell where it was${of}`, pass);
  }
  const fault = existsSync(path)
    ? 'is not, or cannot be shown to be, of the same build'
    : 'does not exist here';
  if ((await matching([{ path }], core, signal)) === undefined) {
    throw bad(`no executable was named, and ${path}, which the process ran, ${fault}${of}`, pass);
  }
  onNote(`executable: ${path}`);
  return path;
}

/** The executable itself when it has debug information or none can be found. */
async function withDebugInfo(exe: string, given: GivenInputs, opening: Opening): Promise<string> {
  const { debugFile } = given;
  const { onNote, onProgress, signal } = opening;
  const asked = debugFile === undefined ? undefined : resolve(debugFile);
  const described = await describedExecutable(exe, asked !== undefined, signal);
  if (described?.isDebugOnly === true) {
    throw bad(
      `${exe} has debug information only, and nothing of the program`,
      `pass the executable that the process ran as --exe, and this as --debug-file`,
    );
  }
  if (described === undefined || (described.hasDebugInfo && asked === undefined)) return exe;
  let found: DebugFile | undefined;
  if (asked !== undefined && !isFolder(asked)) {
    found = await openDebugFile(asked, described, opening);
  } else {
    if (asked !== undefined) onProgress(`looking for debug information in ${asked}`);
    const searched = [...(asked === undefined ? [] : [asked]), ...foldersOf(given)];
    found = await findDebugFile(described, searched, signal);
    if (found === undefined && asked !== undefined) {
      throw bad(
        `no file in ${asked} has the debug information of ${exe}`,
        'pass the file itself: --debug-file FILE',
      );
    }
  }
  if (found === undefined) return exe;
  onNote(`debug information: ${opening.nameOf(found.path)}`);
  if (found.isWhole) return found.path;
  const room = await opening.room();
  await room.take((await stat(exe)).size + (await stat(found.path)).size);
  const to = join(await room.folder(), basename(exe));
  await joinDebugInfo({ exe, debug: found.path, to }, signal);
  return opening.keep({ path: to, name: exe });
}

/** What is wrong with an executable is told by the check of the pair, unless something is to be done with it before. */
async function describedExecutable(
  exe: string,
  needed: boolean,
  signal: AbortSignal,
): Promise<Executable | undefined> {
  try {
    return await readExecutable(exe, signal);
  } catch (error) {
    if (needed || !(error instanceof LabError)) throw error;
    return undefined;
  }
}

const foldersOf = ({ exe }: GivenInputs) =>
  exe !== undefined && isFolder(resolve(exe)) ? [resolve(exe)] : [];

/** The debug file itself, or the one in an archive that is of that executable. */
async function openDebugFile(file: string, exe: Executable, opening: Opening): Promise<DebugFile> {
  const { onProgress, signal } = opening;
  if (!(await isWrapped(file))) return await readDebugFile(file, exe, signal);
  const { unpack } = await import('./unpack.js');
  const options = { file, wanted: ['debug-files'], room: await opening.room(), onProgress } as const;
  const { programs } = await unpack(options, signal);
  for (const program of programs) opening.keep(program);
  const fits = async ({ path }: Unpacked) => await unlessBad(readDebugFile(path, exe, signal));
  for (const program of programs) {
    const found = await fits(program);
    if (found !== undefined) return found;
  }
  return await readDebugFile((programs[0] as Unpacked).path, exe, signal);
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Whatever else is wrong with a file is told by whoever opens it. */
async function isWrapped(file: string): Promise<boolean> {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const { wrappingIn } = await import('./leaves.js');
  const { kind } = await wrappingIn(file).catch(() => ({ kind: 'none' as const }));
  return kind === 'compressed' || kind === 'archive';
}

/** A value that is plain data, with paths in its texts replaced by names. */
export function renamed<T>(value: T, names: ReadonlyMap<string, string>): T;
export function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    let text = value;
    for (const [path, name] of names) text = text.replaceAll(path, name);
    return text;
  }
  if (Array.isArray(value)) return value.map((one: unknown) => renamed(one, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renamed(one, names)]));
}
