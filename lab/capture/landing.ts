import { chmod, mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { readCoreHeader } from '../core/elf.js';
import { LabError, messageOf } from '../errors.js';
import type { Emit } from '../events.js';
import { fileRefusal } from '../file-refusal.js';
import { again } from '../targets/again.js';
import type { Target } from '../targets/target.js';
import { copySparse, sha256 } from './hash.js';
import type { Look } from './looks.js';
import type { CaptureMethod } from './method.js';
import { diskFull } from './space.js';

/** A file of the bundle on the lab's machine, under the name that it has while the capture is under way. */
export interface Landed {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  /** What crossed the network, bytes; absent where there is none. */
  readonly transferred?: number;
}

/** How what lies in the workshop of the target comes to the lab's machine. Disposing it removes what is left. */
export interface Landing extends AsyncDisposable {
  land(file: string, name: 'core' | 'server', signal: AbortSignal): Promise<Landed>;
}

/** The target is this machine: the executable stays where it is, a dense core becomes sparse. */
export function landHere(
  target: Target,
  { writesSparse = false }: Pick<CaptureMethod, 'writesSparse'>,
): Landing {
  return {
    async land(path, name, signal) {
      if (name === 'server' || writesSparse) return { path, sha256: await sha256(target, path, signal) };
      const sparse = `${path}.sparse`;
      const hash = await copySparse(path, sparse, signal).catch((error: unknown) => {
        throw fileRefusal(error) === 'full' ? diskFull(messageOf(error), error) : error;
      });
      await rename(sparse, path);
      return { path, sha256: hash };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** The target is another machine: files are brought into a folder beside the bundle, verified by their hash. */
export async function landFrom(
  target: Target,
  folder: string,
  { writesSparse = false }: Pick<CaptureMethod, 'writesSparse'>,
  emit: Emit,
): Promise<Landing> {
  await mkdir(folder, { mode: 0o700 });
  return {
    async land(there, name, signal) {
      const hash = await again(() => sha256(target, there, signal), signal);
      if (name === 'core' && !writesSparse) await again(() => digHoles(target, there, signal), signal);
      const path = join(folder, name);
      const { transferredBytes } = await target.download(there, path, {
        signal,
        sha256: hash,
        onProgress: ({ done, total }) =>
          emit({ type: 'progress', stage: 'capture', text: `${name}: ${percent(done, total)} brought home` }),
      });
      return { path, sha256: hash, transferred: transferredBytes };
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Frees what is zero in a file of another machine: what is left is found, compressed and brought home in a fraction of the
 * time. After its hash, since holes are read slower than zeros. Nothing is lost where there is no such tool, or the file
 * system knows no holes.
 */
async function digHoles(target: Target, file: string, signal: AbortSignal): Promise<void> {
  try {
    await target.exec(['fallocate', '--dig-holes', '--', file], { signal });
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== 'missing-tool') throw error;
  }
}

/** Bytes that a file of this machine takes: as `ls -l` and as `du` count them. */
async function sizeHere(path: string): Promise<{ readonly apparent: number; readonly onDisk: number }> {
  const { size, blocks } = await stat(path);
  return { apparent: size, onDisk: blocks * 512 };
}

function percent(done: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((done / total) * 100)} %`;
}

/**
 * Throws `undecided` when a core is cut off, or is another process's; without a pid it is known to be of the right one.
 */
export async function requireWhole(
  path: string,
  pid: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const core = await readCoreHeader(path, signal).catch((error: unknown) => {
    throw damaged(messageOf(error), error);
  });
  if (core.size.actual < core.size.expected) {
    throw damaged(`it has ${core.size.actual} bytes instead of ${core.size.expected}`);
  }
  if (pid !== undefined && core.pid !== undefined && core.pid !== pid)
    throw damaged(`it is the core of process ${core.pid}`);
}

export interface Settling {
  /** Folder of the bundle. */
  readonly home: string;
  readonly pid: number;
  readonly look: Look | undefined;
  /** Paths of what has landed, on the disk of `home`. */
  readonly core: string;
  readonly exe: string;
  /** When the core was taken, milliseconds since 1970. */
  readonly began: number;
}

/** Gives what is complete the names of a bundle. */
export async function settle({ home, pid, look, core, exe, began }: Settling) {
  const size = await sizeHere(core);
  const name = look === undefined ? `core.${pid}` : `core.${pid}.${look.number}`;
  const paths = { core: join(home, name), exe: join(home, 'server') };
  await rename(exe, paths.exe);
  await chmod(paths.exe, 0o700);
  await rename(core, paths.core);
  // What tells several looks at a process when each was taken.
  await utimes(paths.core, new Date(), new Date(began));
  return { paths, size, name };
}

/** A failure to land is told by what it is about. */
function damaged(why: string, cause?: unknown): LabError {
  return new LabError(`the core that was written is damaged: ${why}`, {
    code: 'undecided',
    hint: 'run the same command again',
    cause,
  });
}
