import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { LabError } from '../../errors.js';
import { parseAvailableMemory } from '../../toolchain/machine.js';
import type { Lane } from '../heavy.js';

/*
 * What the article's lesson takes, measured (docs/workshop.md): a core is dense for the moment in which it is taken, and
 * its holes are dug before the next one.
 */
export const withAll = { perPerson: { disk: 400e6, memory: 250e6 }, once: { disk: 1.6e9, memory: 700e6 } };
/** Cores are links to those that were taken before, one at a time. */
export const withCoresOnly = {
  perPerson: { disk: 60e6, memory: 40e6 },
  once: { disk: 3e9, memory: 700e6 },
};
type Need = typeof withAll;
/** What a participant's folder may hold. */
const folderLimit = 3e9;

export interface Machine {
  /** Bytes. */
  readonly disk: number;
  readonly memory: number;
}

export async function machineAt(folder: string): Promise<Machine> {
  const [{ bavail, bsize }, meminfo] = await Promise.all([
    statfs(folder),
    readFile('/proc/meminfo', 'utf8').catch(() => ''),
  ]);
  return { disk: bavail * bsize, memory: parseAvailableMemory(meminfo) ?? Number.POSITIVE_INFINITY };
}

/** How many participants a machine has room for. */
export function roomFor({ disk, memory }: Machine, { perPerson, once } = withAll): number {
  const fits = [(disk - once.disk) / perPerson.disk, (memory - once.memory) / perPerson.memory];
  return Math.max(0, Math.floor(Math.min(...fits)));
}

/** Throws `no-space`, with what there is and how many it is enough for. */
export function requireRoomFor(people: number, machine: Machine, folder: string, of: Need = withAll): void {
  const fits = roomFor(machine, of);
  if (fits >= people) return;
  const { perPerson, once } = of;
  const need = { disk: once.disk + people * perPerson.disk, memory: once.memory + people * perPerson.memory };
  const short =
    machine.disk < need.disk
      ? `${prettyBytes(need.disk)} of disk at ${folder}, where ${prettyBytes(machine.disk)} are free`
      : `${prettyBytes(need.memory)} of memory, of which ${prettyBytes(machine.memory)} are free`;
  throw new LabError(`a class of ${people} needs ${short}`, {
    code: 'no-space',
    hint:
      fits === 0
        ? 'free some, or take another machine'
        : `free some, or open it for ${fits}: --class ${fits}`,
  });
}

/** Throws `no-space` when a heavy step of a participant would take what the others need. */
export async function allowHeavy(lane: Lane, folder: string): Promise<void> {
  const { disk, memory } = await machineAt(folder);
  const fail = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'no-space', hint });
  };
  if (lane === 'core') {
    const held = await heldBy(folder);
    if (held > folderLimit) {
      fail(
        `your folder holds ${prettyBytes(held)}, of ${prettyBytes(folderLimit)} at most`,
        'reset the step in which you took a core, then do it again',
      );
    }
    if (disk < withAll.once.disk)
      fail(`the disk has ${prettyBytes(disk)} left, too little for a core`, 'tell the teacher');
  }
  if (memory < withAll.once.memory)
    fail(`the machine has ${prettyBytes(memory)} of memory left`, 'tell the teacher');
}

/** Bytes on disk below a folder. */
export async function heldBy(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(
        async (entry) => (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.blocks ?? 0,
      ),
  );
  return sizes.reduce((sum, blocks) => sum + blocks * 512, 0);
}
