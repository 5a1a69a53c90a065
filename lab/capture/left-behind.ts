import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { identityOf } from '../targets/process-identity.js';
import type { Target } from '../targets/target.js';

/*
 * A capture that is killed cannot clean up, and what it leaves on another machine is a core. So the folder that it works in
 * bears the name of its maker, and whoever captures there next removes what no living lab claims.
 */

/** Seconds after which a folder that a lab of another machine made is nobody's. */
const othersAge = 24 * 3_600;

export type Room = '.capture' | '.landing' | '.unpacked';

/** Name of a folder for the capture of that process by this very lab. */
export async function roomName(room: Room, pid: number): Promise<string> {
  const self = await identityOf(process.pid);
  return `${room}-${pid}-${process.pid}-${self?.startTicks ?? 0}-${(await bootId()) ?? 'unknown'}`;
}

/** Removes from a folder of the target what captures left there whose lab is gone. Never throws but for the signal. */
export async function removeLeftRooms(target: Target, folder: string, signal: AbortSignal): Promise<void> {
  try {
    const left = await leftRooms(target, folder, signal);
    if (left.length > 0) await target.exec(['rm', '-rf', '--', ...left], { signal });
  } catch {
    // The capture itself will tell what is wrong with the folder.
    signal.throwIfAborted();
  }
}

/** Paths of what lies in a folder of the target and was left by a lab that is gone; none where there is no such folder. */
export async function leftRooms(target: Target, folder: string, signal: AbortSignal): Promise<string[]> {
  const { stdout } = await target.exec(['ls', '-A1', '--', folder], { signal });
  const rooms = stdout.split('\n').filter((name) => /^\.(capture|landing|unpacked)-\d+-\d+/.test(name));
  const left: string[] = [];
  for (const name of rooms)
    if (await isLeft(target, posix.join(folder, name), signal)) left.push(posix.join(folder, name));
  return left;
}

async function isLeft(target: Target, path: string, signal: AbortSignal): Promise<boolean> {
  const isLiving = await isLivingRoom(posix.basename(path));
  if (isLiving !== undefined) return !isLiving;
  const [made, now] = await Promise.all([
    target.exec(['stat', '--format=%Y', '--', path], { signal }),
    target.exec(['date', '+%s'], { signal }),
  ]);
  if (made.exitCode !== 0 || now.exitCode !== 0) return false;
  return Number(now.stdout) - Number(made.stdout) > othersAge;
}

/** Whether the lab that made what is called so still runs; `undefined` when it was one of another machine. */
export async function isLivingRoom(name: string): Promise<boolean | undefined> {
  const [pid, startTicks, boot] = name.split('-').slice(2);
  // A pid says nothing on another machine, and nothing after a boot.
  const here = await bootId();
  if (here === undefined || boot !== here) return undefined;
  const alive = await identityOf(Number(pid));
  return alive?.startTicks === Number(startTicks);
}

/** Tells this boot of this machine, and its pids, from any other; `undefined` where there is no such thing as /proc. */
async function bootId(): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const pids = await readlink('/proc/self/ns/pid');
    return createHash('sha256').update(`${boot}${pids}`).digest('hex').slice(0, 12);
  } catch {
    return undefined;
  }
}
