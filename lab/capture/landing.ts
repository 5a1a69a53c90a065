import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError, messageOf } from '../errors.js';
import type { Emit } from '../events.js';
import { fileRefusal } from '../file-refusal.js';
import { again } from '../targets/again.js';
import type { Target } from '../targets/target.js';
import { copySparse, sha256 } from './hash.js';
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
export async function landFrom(target: Target, folder: string, emit: Emit): Promise<Landing> {
  await mkdir(folder, { mode: 0o700 });
  return {
    async land(there, name, signal) {
      const hash = await again(() => sha256(target, there, signal), signal);
      if (name === 'core') await again(() => digHoles(target, there, signal), signal);
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
export async function sizeHere(
  path: string,
): Promise<{ readonly apparent: number; readonly onDisk: number }> {
  const { size, blocks } = await stat(path);
  return { apparent: size, onDisk: blocks * 512 };
}

function percent(done: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((done / total) * 100)} %`;
}

/** A failure to land is told by what it is about. */
export function damaged(why: string, cause?: unknown): LabError {
  return new LabError(`the core that was written is damaged: ${why}`, {
    code: 'undecided',
    hint: 'capture again: `npx lab capture`',
    cause,
  });
}
