import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundle } from '../../capture/bundle.js';
import { bundleFile, bundleFolder } from '../../capture/bundle-folder.js';
import type { Emit } from '../../events.js';
import { writeJson } from '../../json-file.js';
import { renamed } from '../../unpack/inputs.js';
import { openRoom } from '../../unpack/room.js';
import type { AskedProcess } from './options.js';
import { takeProcess } from './take.js';

/** A running process as files: its executable, and its cores in the order in which they were taken. */
export interface LiveProcess extends AsyncDisposable {
  readonly bundle: Bundle;
  readonly core: string;
  readonly cores: readonly { readonly path: string; readonly takenAt: Date }[];
}

interface Place extends AsyncDisposable {
  readonly dir: string;
}

async function roomFor(signal: AbortSignal): Promise<Place> {
  const room = await openRoom(signal);
  return { dir: await room.folder(), [Symbol.asyncDispose]: () => room[Symbol.asyncDispose]() };
}

/**
 * Takes the cores that were asked for, into `keep` or where they are gone when this is disposed, and whatever becomes
 * of this program when it ends.
 */
export async function openLive(
  asked: AskedProcess,
  keep: string | undefined,
  emit: Emit,
  signal: AbortSignal,
): Promise<LiveProcess> {
  const place: Place = keep === undefined ? await roomFor(signal) : await bundleFolder(keep, asked.pid);
  const { dir } = place;
  const note = async (taken: Bundle): Promise<void> => {
    if (keep !== undefined) await writeJson(join(dir, bundleFile), taken);
  };
  try {
    const bundle = await takeProcess(asked, { dir, keep: note }, emit, signal);
    if (!('looks' in bundle)) await note(bundle);
    const paths = 'looks' in bundle ? bundle.looks.map(({ core }) => core) : [bundle.core];
    const timed = paths.map(async (path) => ({ path, takenAt: (await stat(path)).mtime }));
    return {
      bundle,
      core: bundle.core,
      cores: await Promise.all(timed),
      [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
    };
  } catch (error) {
    await place[Symbol.asyncDispose]();
    throw error;
  }
}

/** A value that is plain data, with the files of a process that are not kept called after it. */
export function calledAfter<T>(value: T, { bundle, cores }: LiveProcess): T {
  const names = cores.map(
    ({ path }, i) => [path, cores.length === 1 ? `pid:${bundle.pid}` : `pid:${bundle.pid}#${i + 1}`] as const,
  );
  return renamed(value, new Map([...names, [bundle.exe, `/proc/${bundle.pid}/exe`]]));
}
