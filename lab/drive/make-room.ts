import type { RunningServer } from '../server/start.js';
import type { StageContext } from '../stages/index.js';
import { needsOf, openFilesOf, requireRoom, thisMachine } from '../stampede/limits.js';
import type { StampedeDrive } from './observe-stampede.js';

/**
 * Looks whether this machine can bear a stampede, and lets the server have as many descriptors as it may. Throws
 * `target` or `no-space` before anybody has come.
 */
export async function makeRoom(
  { size, protocol, clients, load }: StampedeDrive,
  { run, target, signal }: StageContext,
  server: RunningServer,
): Promise<void> {
  const crowd = Math.max(...load.steps.map(({ connections }) => connections));
  // A server that answers is left with nothing.
  const stuck = run.record.config.fixed ? 0 : size;
  const needs = needsOf(stuck, protocol, clients[protocol], crowd);
  const machine = await thisMachine(run.dir);
  requireRoom(needs, machine, run.dir);
  const { pid } = server.identity;
  const { soft, hard } = openFilesOf((await target.readFile(`/proc/${pid}/limits`, signal)) ?? '');
  // Go raises its soft limit by itself, but not every version of it, and not when a program has set it.
  if (soft < needs.descriptors) {
    await target.exec(['prlimit', `--pid=${pid}`, `--nofile=${needs.descriptors}:${hard}`], { signal });
  }
}
