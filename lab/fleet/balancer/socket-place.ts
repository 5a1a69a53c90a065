import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The path of a socket may have 107 characters, and HAProxy makes it under a longer name; a run's may be longer still. */
const longestSocket = 88;

/** Where a balancer's socket goes: into the folder of the run, or, where that path is too long, into one of its own. */
export async function placeForSocket(
  dir: string,
  name: string,
): Promise<{ readonly socket: string; readonly removeSocket: () => Promise<void> }> {
  const near = join(dir, name);
  if (Buffer.byteLength(near) <= longestSocket) {
    return { socket: near, removeSocket: () => rm(near, { force: true }) };
  }
  const room = await mkdtemp(join(tmpdir(), 'lab-fleet-'));
  return {
    socket: join(room, name),
    removeSocket: () => rm(room, { recursive: true, force: true }),
  };
}
