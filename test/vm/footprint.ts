import { readdir, readFile, readlink } from 'node:fs/promises';
import { execa } from 'execa';
import { pause, poll } from '../../lab/deadline.js';
import type { LabProcess } from '../lab-process.js';

const { signal } = new AbortController();

/** What is left of a command on this machine; empty lists when nothing is. */
export interface Left {
  readonly processes: readonly string[];
  /** Names of name spaces, for example `net:[4026532205]`. */
  readonly namespaces: readonly string[];
  readonly mounts: readonly string[];
}

export interface Footprint {
  /** Stops looking; waits up to `withinMs` for what is ending, and tells what is left then. */
  left(withinMs: number): Promise<Left>;
}

const kinds = ['net', 'pid', 'mnt'] as const;

/**
 * Follows what a lab sets up: the processes it starts, directly or not, and the name spaces that they live in. A
 * hypervisor is started by a daemon with an environment of its own, but it cannot leave these: so others may do the same
 * on this machine at the same time. `folder` is what mounts of the lab would name.
 */
export function follow(lab: LabProcess, folder: string): Footprint {
  const owned = new Set<string>();
  const stop = new AbortController();
  const look = async (): Promise<void> => {
    const own = new Set(await spacesOf('self'));
    for (const { pid } of lab.children()) {
      for (const space of await spacesOf(String(pid))) if (!own.has(space)) owned.add(space);
    }
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await look();
      await pause(500, stop.signal).catch(() => undefined);
    }
  })();
  return {
    async left(withinMs) {
      stop.abort();
      await looking;
      const isClean = async (): Promise<true | undefined> => {
        const seen = await leftOf(lab, owned, folder);
        return Object.values(seen).every((list) => list.length === 0) ? true : undefined;
      };
      await poll(isClean, { signal, deadlineMs: withinMs, everyMs: 200 });
      return await leftOf(lab, owned, folder);
    },
  };
}

async function leftOf(lab: LabProcess, owned: ReadonlySet<string>, folder: string): Promise<Left> {
  const within: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if ((await spacesOf(pid)).some((space) => owned.has(space))) within.push(await commandLine(pid));
  }
  // A space may outlive its processes: held by a mount of it.
  const listed = await execa('lsns', ['--noheadings', '--output', 'NS,TYPE']);
  const existing = listed.stdout.split('\n').map((line) => line.trim().replace(/^(\d+)\s+(\w+)$/, '$2:[$1]'));
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return {
    processes: [...lab.children().map((child) => child.commandLine), ...within],
    namespaces: existing.filter((space) => owned.has(space)),
    mounts: mounts.filter(
      (line) => line.includes(folder) || [...owned].some((space) => line.includes(` ${space} `)),
    ),
  };
}

/** Empty for a process that is gone. */
async function spacesOf(pid: string): Promise<readonly string[]> {
  return await Promise.all(kinds.map((kind) => readlink(`/proc/${pid}/ns/${kind}`))).catch(() => []);
}

async function commandLine(pid: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim() || `process ${pid}`;
}
