import { rmSync } from 'node:fs';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../errors.js';
import { cacheFolder } from '../paths.js';

/** Bytes that the disk keeps, whatever is unpacked: others write to it too. */
const leastReserve = 512 << 20;
const mostReserve = 8 * 2 ** 30;
const reserveShare = 0.05;
/** Bytes after which the disk is looked at again. */
const lookAgain = 256 << 20;

/** A folder for what is unpacked, which goes with all that is in it. */
export interface Room extends AsyncDisposable {
  /** A folder in it that nothing else is in. */
  folder(): Promise<string>;
  /** Throws `no-space` when so many bytes more would not leave the disk its reserve. */
  take(bytes: number): Promise<void>;
  remove(folder: string): Promise<void>;
}

/** Below the cache: the temporary folder is often memory. */
export const unpackedFolder = () => join(cacheFolder(), 'unpacked');

/** Makes a room, and removes those whose lab was killed. `most`: bytes that it may hold at most. */
export async function openRoom(signal: AbortSignal, most = Number.POSITIVE_INFINITY): Promise<Room> {
  const { removeLeftRooms, roomName } = await import('../capture/left-behind.js');
  const { localTarget } = await import('../targets/local.js');
  const parent = unpackedFolder();
  await mkdir(parent, { recursive: true });
  await removeLeftRooms(localTarget(), parent, signal);
  const path = join(parent, `${await roomName('.unpacked', process.pid)}-${++rooms}`);
  await mkdir(path, { mode: 0o700 });
  const leave = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', leave);
  let folders = 0;
  let taken = 0;
  let [allowed, lookAt] = [0, 0];
  return {
    async folder() {
      const made = join(path, String(++folders));
      await mkdir(made, { mode: 0o700 });
      return made;
    },
    async take(bytes) {
      taken += bytes;
      if (taken >= lookAt) {
        allowed = Math.min(most, taken + (await freeBytes(parent)));
        lookAt = taken + lookAgain;
      }
      if (taken > allowed) throw tooLittle(parent, taken);
    },
    remove: (folder) => rm(folder, { recursive: true, force: true }),
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      process.removeListener('exit', leave);
    },
  };
}

let rooms = 0;

async function freeBytes(folder: string): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const reserve = Math.max(leastReserve, Math.min(mostReserve, blocks * bsize * reserveShare));
  return bavail * bsize - reserve;
}

function tooLittle(folder: string, bytes: number): LabError {
  return new LabError(
    `the disk of ${folder} has too little room for what is unpacked: ${Math.ceil(bytes / 1e6)} MB or more, beside what it keeps free for others`,
    { code: 'no-space', hint: 'set LAB_CACHE to a folder on another disk, or unpack the file yourself' },
  );
}
