import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `work` while no other process does so under the same lock file. The file names its owners by pid
 * and start time, so a lock whose owners were killed is known to be stale and is broken.
 *
 * @param {{ file: string, signal: AbortSignal, onWait: (pid: number) => void }} options
 */
export async function withLock({ file, signal, onWait }, work) {
  mkdirSync(dirname(file), { recursive: true });
  let waited = false;
  while (!take(file)) {
    signal.throwIfAborted();
    const owners = readOwners(file);
    if (owners === undefined) continue; // given back since
    const living = owners.find(isAlive);
    if (living === undefined) {
      breakStale(file);
      continue;
    }
    if (!waited) onWait(living.pid);
    waited = true;
    await delay(100, undefined, { signal });
  }
  held = file;
  const release = () => {
    held = undefined;
    unlinkQuietly(file);
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** The lock that this process holds. */
let held;

/**
 * Makes a child an owner of the lock that this process holds, until that is given back: when this
 * process is killed, what the child does goes on, and nobody may begin the same meanwhile.
 */
export function shareLock(pid) {
  if (held === undefined || pid === undefined) return;
  const own = `${held}.${process.pid}`;
  writeFileSync(own, JSON.stringify([identity(process.pid), identity(pid)]));
  renameSync(own, held);
}

const identity = (pid) => ({ pid, startTicks: startTicks(pid) });

/** Links a finished file into place: there is no moment at which the lock exists and names nobody. */
function take(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify([identity(process.pid)]));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    unlinkQuietly(own);
  }
}

function readOwners(file) {
  try {
    const owners = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(owners) ? owners : [];
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    return []; // unreadable: nobody's
  }
}

/** Whether the owner still runs; a pid alone may have been given to another process. */
function isAlive({ pid, startTicks: began }) {
  const now = startTicks(pid);
  return now !== undefined && now === began;
}

/** Field 22 of /proc/PID/stat (proc(5)), counted from behind the command's name; a zombie counts as gone. */
function startTicks(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}

const breakerMs = 10_000;

/**
 * Removes a stale lock. Two processes may see the same stale lock; a folder lets one at a time look again
 * and remove, so that the second does not remove the first one's new lock.
 */
function breakStale(file) {
  const breaker = `${file}.breaking`;
  try {
    mkdirSync(breaker);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (Date.now() - (statQuietly(breaker)?.mtimeMs ?? Date.now()) > breakerMs) rmdirQuietly(breaker);
    return;
  }
  try {
    const owners = readOwners(file);
    if (owners !== undefined && !owners.some(isAlive)) unlinkQuietly(file);
  } finally {
    rmdirQuietly(breaker);
  }
}

const quietly = (act) => (path) => {
  try {
    return act(path);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
};
const unlinkQuietly = quietly(unlinkSync);
const rmdirQuietly = quietly(rmdirSync);
const statQuietly = quietly(statSync);
