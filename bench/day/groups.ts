import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { poll } from '../../lab/deadline.js';

/** Control groups of one service, of version 1. Disposing them undoes what they do and removes them. */
export interface Groups extends AsyncDisposable {
  add(pid: number): Promise<void>;
  freeze(on: boolean): Promise<void>;
  /** A thousandth of a processor. */
  starve(on: boolean): Promise<void>;
  /** No byte of the folder's disk is read any more. */
  stallDisk(on: boolean): Promise<void>;
}

const top = '/sys/fs/cgroup';
const controllers = ['freezer', 'cpu', 'blkio'] as const;
/** Read by `blkio.throttle`: bytes a second; a block then takes an hour. */
const almostNothing = 1;

/** Why there are none, `undefined` where there are. */
export function whyNoGroups(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = controllers.find((name) => !existsSync(join(top, name, 'cgroup.procs')));
  return missing === undefined ? undefined : `there is no control group of version 1 for ${missing}`;
}

export async function openGroups(name: string, folder: string): Promise<Groups> {
  const dirs = controllers.map((controller) => join(top, controller, name));
  const [freezer, cpu, blkio] = dirs as [string, string, string];
  for (const dir of dirs) await mkdir(dir, { recursive: true });
  await writeFile(join(cpu, 'cpu.cfs_period_us'), '1000000');
  const device = deviceOf((await stat(folder)).dev);
  const freeze = async (on: boolean) => {
    const file = join(freezer, 'freezer.state');
    await writeFile(file, on ? 'FROZEN' : 'THAWED');
  };
  const starve = (on: boolean) => writeFile(join(cpu, 'cpu.cfs_quota_us'), on ? '1000' : '-1');
  const stallDisk = (on: boolean) =>
    writeFile(join(blkio, 'blkio.throttle.read_bps_device'), `${device} ${on ? almostNothing : 0}`);
  return {
    async add(pid) {
      for (const dir of dirs) await writeFile(join(dir, 'cgroup.procs'), String(pid));
    },
    ...{ freeze, starve, stallDisk },
    async [Symbol.asyncDispose]() {
      await freeze(false);
      await starve(false);
      await stallDisk(false);
      const { signal } = new AbortController();
      const options = { signal, deadlineMs: 5_000, everyMs: 50 };
      for (const dir of dirs) {
        await poll(async () => (await readFile(join(dir, 'tasks'), 'utf8')) === '' || undefined, options);
        await rmdir(dir);
      }
    },
  };
}

/** As `makedev(3)` of Linux packs it. */
function deviceOf(dev: number): string {
  return `${Math.floor(dev / 256) % 4_096}:${(dev % 256) + Math.floor(dev / 1_048_576) * 256}`;
}
