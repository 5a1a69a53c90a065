import { link, mkdir, readFile, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { LabError } from '../../errors.js';
import { identityOf, isSameProcess } from '../process-identity.js';

const holderSchema = z.looseObject({
  pid: z.number().int(),
  startTicks: z.number(),
  /** The pid means something in its own name space only. */
  pids: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/** A holder in another name space of pids is alive as long as it touches its lock. */
const touchMs = 5_000;
const untouchedMs = 30_000;

/**
 * Takes a machine for this lab alone, so that two never fight over Vagrant's own lock. Disposing it gives it back. What
 * dead processes left is taken over; throws `target` naming the pid of a living holder.
 */
export async function takeLock(path: string, what: string, signal: AbortSignal): Promise<AsyncDisposable> {
  signal.throwIfAborted();
  const own: Holder = {
    pid: process.pid,
    startTicks: (await identityOf(process.pid))?.startTicks ?? 0,
    pids: await pidNamespace(),
  };
  const text = `${JSON.stringify(own)}\n`;
  // Linked, not written in place: a lock that can be seen is whole.
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(draft, text, { mode: 0o600 });
  try {
    while (!(await linked(draft, path))) {
      signal.throwIfAborted();
      const seen = await readIfThere(path);
      if (seen === undefined) continue;
      const holder = holderIn(seen);
      if (holder !== undefined && (await lives(holder, own, path))) throw held(what, holder);
      await removeStale(path, seen);
    }
    // The link would follow the draft's times, which is the same file.
  } finally {
    await rm(draft, { force: true });
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, touchMs).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(touch);
      if ((await readIfThere(path)) === text) await rm(path, { force: true });
    },
  };
}

/** Between the look and the removal another lab may have taken the lock: what was moved away wrongly is put back. */
async function removeStale(path: string, seen: string): Promise<void> {
  const aside = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readIfThere(aside)) !== seen) await linked(aside, path);
  await rm(aside, { force: true });
}

async function lives(holder: Holder, own: Holder, path: string): Promise<boolean> {
  if (holder.pids !== own.pids) {
    const seen = await stat(path).catch(() => undefined);
    return seen !== undefined && Date.now() - seen.mtimeMs < untouchedMs;
  }
  if (holder.startTicks !== 0) return await isSameProcess(holder);
  try {
    return process.kill(holder.pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function held(what: string, { pid }: Holder): LabError {
  return new LabError(`${what} is in use by another lab, process ${pid}`, {
    code: 'target',
    hint: `wait for it, or end it: \`kill -INT ${pid}\``,
    details: { failure: 'lab-locked', pid },
  });
}

function holderIn(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function pidNamespace(): Promise<string> {
  return await readlink('/proc/self/ns/pid').catch(() => '');
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
