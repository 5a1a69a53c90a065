import { readdir, readFile, readlink } from 'node:fs/promises';
import { identityOf } from '../targets/process-identity.js';
import type { ProcessIdentity, Target } from '../targets/target.js';

/** Processes of this machine that run that executable, whoever started them; proc(5). */
export async function processesOf(exe: string): Promise<ProcessIdentity[]> {
  return await search(async (pid) => {
    const link = await readlink(`/proc/${pid}/exe`);
    return link === exe || link === `${exe} (deleted)`;
  });
}

/** Headless Delves that were told to listen at that port. */
export async function delvesAt(port: number): Promise<ProcessIdentity[]> {
  return await search(async (pid) => {
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    const listens = argv.some((arg) =>
      new RegExp(`^(?:--listen=)?(?:127\\.0\\.0\\.1|localhost)?:${port}$`).test(arg),
    );
    return listens && argv.includes('core') && /(?:^|\/)dlv$/.test(argv[0] ?? '');
  });
}

/** Ends these very processes: TERM, wait, KILL. */
export async function endProcesses(
  found: readonly ProcessIdentity[],
  target: Target,
  signal: AbortSignal,
): Promise<void> {
  for (const identity of found) {
    const process = await target.attach(identity, signal);
    await process?.[Symbol.asyncDispose]();
  }
}

async function search(isOne: (pid: number) => Promise<boolean>): Promise<ProcessIdentity[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const seen = await Promise.all(
    pids.map(async (pid) => {
      // What ended meanwhile, and what belongs to others, is none.
      const found = await isOne(pid).catch(() => false);
      return found ? await identityOf(pid) : undefined;
    }),
  );
  return seen.filter((identity) => identity !== undefined).sort((a, b) => a.startTicks - b.startTicks);
}
