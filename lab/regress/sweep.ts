import { readdir, readFile } from 'node:fs/promises';
import { pause } from '../deadline.js';
import { toLabError } from '../errors.js';

/**
 * Ends every process that has `mark` in its environment, and returns how many there were. A cell's processes
 * leave its process group (the server outlives its starter by design), but not the mark, which is the name of the
 * cell's own folder for temporary files.
 */
export async function sweep(mark: string): Promise<number> {
  const { signal } = new AbortController();
  const ended = new Set<number>();
  // What is being forked while we look shows in the next look.
  for (let look = 0; look < 20; look += 1) {
    const pids = await marked(mark);
    if (pids.length === 0) break;
    for (const pid of pids) {
      ended.add(pid);
      kill(pid);
    }
    await pause(25, signal);
  }
  return ended.size;
}

/** Living processes of this machine, this one left out, whose environment holds the text. */
async function marked(mark: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const seen = await Promise.all(
    pids.map(async (pid) => {
      if (pid === process.pid) return [];
      // Unreadable when it is another user's, empty when it has ended and waits for its parent.
      const text = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return text.includes(mark) ? [pid] : [];
    }),
  );
  return seen.flat();
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw toLabError(error);
  }
}
