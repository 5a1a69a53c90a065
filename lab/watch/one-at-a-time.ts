import { open, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityOf, isSameProcess } from '../targets/process-identity.js';

/** Cores and diagnoses take turns apart: a service that hangs does not wait for the diagnosis of another. */
export type Work = 'capture' | 'diagnosis';

/** Of all users of a host; each container has its own. */
const lockFile = (work: Work): string =>
  join(tmpdir(), `go-deadlock-lab-${work === 'capture' ? 'watch' : work}.lock`);

/**
 * The right to do such work on this host; `undefined` while another watch has it. One that was killed loses it. Throws what
 * the file system throws.
 */
export async function takeTurn(work: Work, file = lockFile(work)): Promise<AsyncDisposable | undefined> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const handle = await open(file, 'wx', 0o644);
      await handle.writeFile(JSON.stringify(await identityOf(process.pid)));
      await handle.close();
      return { [Symbol.asyncDispose]: async () => await rm(file, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    if (await isHeld(file)) return undefined;
    // Only one of those who see it abandoned can move it away.
    const aside = `${file}.${process.pid}`;
    await rename(file, aside).catch(() => undefined);
    await rm(aside, { force: true });
  }
  return undefined;
}

async function isHeld(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const { pid, startTicks } = JSON.parse(text) as { pid?: unknown; startTicks?: unknown };
    if (typeof pid !== 'number' || typeof startTicks !== 'number') return false;
    return await isSameProcess({ pid, startTicks });
  } catch {
    // It is being written at this very moment, or was left half.
    return text === '' && (await readFile(file, 'utf8').catch(() => '')) !== '';
  }
}
