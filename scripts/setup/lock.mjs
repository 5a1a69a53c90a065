import { linkSync, mkdirSync, readFileSync, rmdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `work` while no other process does so under the same lock file. The file names its owner by pid and
 * start time, so a lock whose owner was killed is known to be stale and is broken.
 *
 * @param {{ file: string, signal: AbortSignal, onWait: (pid: number) => void }} options
 */
export async function withLock({ file, signal, onWait }, work) {
  mkdirSync(dirname(file), { recursive: true });
  let waited = false;
  while (!take(file)) {
    signal.throwIfAborted();
    const owner = readOwner(file);
    if (owner === undefined) continue; // given back since
    if (!isAlive(owner)) {
      breakStale(file);
      continue;
    }
    if (!waited) onWait(owner.pid);
    waited = true;
    await delay(100, undefined, { signal });
  }
  const release = () => unlinkQuietly(file);
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** Links a finished file into place: there is no moment at which the lock exists and names nobody. */
function take(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid) }));
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

function readOwner(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    return { pid: 0, startTicks: 0 }; // unreadable: nobody's
  }
}

/** Whether the owner still runs; a pid alone may have been given to another process. */
function isAlive({ pid, startTicks: began }) {
  const now = startTicks(pid);
  return now !== undefined && now === began;
}

/** Field 22 of /proc/PID/stat (proc(5)), counted from behind the command's name. */
function startTicks(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
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
    const owner = readOwner(file);
    if (owner !== undefined && !isAlive(owner)) unlinkQuietly(file);
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
