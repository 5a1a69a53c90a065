import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { LabError } from '../../errors.js';
import { identityOf, isSameProcess } from '../process-identity.js';

const holderSchema = z.looseObject({
  pid: z.number().int(),
  startTicks: z.number(),
  /** The pid means something in its own name space only. */
  pids: z.string(),
  /** What a person knows the process by. */
  known: z.number().int().optional(),
});
type Holder = z.infer<typeof holderSchema>;

/** Pid of the lab that a person started, when this one was started by it in a name space of pids. */
export const outsideVariable = 'LAB_OUTSIDE_PID';

/** A holder in another name space of pids is alive as long as it touches its lock. */
const touchMs = 5_000;
const untouchedMs = 30_000;

/**
 * Takes a machine for this lab alone, so that two never fight over Vagrant's own lock. Disposing it gives it back. What
 * dead processes left is taken over; throws `target` naming the pid of a living holder.
 *
 * A lock is the newest of the files `path.1`, `path.2` ...: to take it over is to link the next number, which one process
 * alone can do, and to give it back is to link one that nobody holds. The newest is never removed, so that a number which
 * a slow process still believes to be next is seen to be an old one. (Removing a dead holder's file and making it anew
 * was tried: the one who comes second removes the living file of the first.)
 */
export async function takeLock(path: string, what: string, signal: AbortSignal): Promise<AsyncDisposable> {
  const own: Holder = {
    pid: process.pid,
    startTicks: (await identityOf(process.pid))?.startTicks ?? 0,
    pids: await pidNamespace(),
    known: Number(process.env[outsideVariable]) || process.pid,
  };
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    signal.throwIfAborted();
    const newest = (await numbersOf(path)).at(-1) ?? 0;
    if (newest > 0) {
      const seen = await readIfThere(`${path}.${newest}`);
      if (seen === undefined) continue;
      const holder = holderIn(seen);
      if (holder !== undefined && (await lives(holder, own, `${path}.${newest}`))) throw held(what, holder);
    }
    const mine = newest + 1;
    if (!(await linkNew(`${path}.${mine}`, `${JSON.stringify(own)}\n`))) continue;
    const numbers = await numbersOf(path);
    if (numbers.at(-1) === mine) {
      await Promise.all(numbers.slice(0, -1).map((each) => rm(`${path}.${each}`, { force: true })));
      return holding(path, mine);
    }
    await rm(`${path}.${mine}`, { force: true });
  }
}

function holding(path: string, mine: number): AsyncDisposable {
  const touch = setInterval(() => {
    const now = new Date();
    utimes(`${path}.${mine}`, now, now).catch(() => undefined);
  }, touchMs).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(touch);
      await linkNew(`${path}.${mine + 1}`, 'free\n');
      await rm(`${path}.${mine}`, { force: true });
    },
  };
}

/** Ascending. */
async function numbersOf(path: string): Promise<readonly number[]> {
  const prefix = `${basename(path)}.`;
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(prefix));
  return names
    .map((name) => name.slice(prefix.length))
    .filter((rest) => /^\d+$/.test(rest))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Makes a file that nobody sees before it is whole; false when there is one of that name. */
async function linkNew(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${process.pid}.${randomUUID()}`;
  await writeFile(draft, text, { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
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

function held(what: string, holder: Holder): LabError {
  const pid = holder.known ?? holder.pid;
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
