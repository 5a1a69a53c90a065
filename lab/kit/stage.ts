import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LabError, messageOf } from '../errors.js';
import { diskFull } from './disk-full.js';

export interface Stage extends AsyncDisposable {
  readonly path: string;
}

/** Named after whoever works there, so that the next one can tell which are abandoned. */
const mine = `.kit-${hostname().replaceAll(/[^\w.-]/g, '_')}-`;

/**
 * Makes a folder of our own beside what is to be written, on the same disk. Disposing it removes it; what was left by a
 * process that was killed is removed by the next one that works in the same place.
 *
 * Throws `usage` when there is no such folder, `missing-permission` and `no-space`.
 */
export async function makeStage(parent: string): Promise<Stage> {
  const found = await stat(parent).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new LabError(`there is no folder ${parent}`, { code: 'usage', hint: 'choose another one with -o' });
  }
  await removeAbandoned(parent);
  const path = await diskFull(mkdtemp(join(parent, `${mine}${process.pid}-`)), parent).catch((cause) => {
    if (cause instanceof LabError) throw cause;
    throw new LabError(`nothing can be written to ${parent}: ${messageOf(cause)}`, {
      code: 'missing-permission',
      hint: 'choose a folder that you may write to with -o',
      cause,
    });
  });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(mine)) continue;
    const pid = Number(/^(\d+)-\w{6}$/.exec(name.slice(mine.length))?.[1] ?? process.pid);
    // Somebody else's stays: it is not ours to remove.
    if (!isAlive(pid)) await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
