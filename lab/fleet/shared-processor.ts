import { readFile } from 'node:fs/promises';
import type { Target } from '../targets/target.js';
import { locateHere } from '../toolchain/locate.js';

/**
 * This machine as a target whose processes share one processor of those that the lab may use, behind all else that wants it (`taskset`,
 * of util-linux, and `nice`), as containers with a small share do. Load and balancer cost more than the instances, which would idle beside
 * them otherwise: a crowd gathers only at one that is slower than who asks it.
 */
export async function onSharedProcessor(target: Target): Promise<Target> {
  const found = (await Promise.all(['taskset', 'nice'].map((name) => locateHere(name)))).map(
    ([path]) => path,
  );
  const [taskset, nice] = found;
  const processor = lastOf(await readFile('/proc/self/status', 'utf8').catch(() => ''));
  if (taskset === undefined || nice === undefined || processor === undefined) return target;
  const inFront = [taskset, '--cpu-list', processor, nice, '-n', '19'];
  return { ...target, start: (argv, options) => target.start([...inFront, ...argv], options) };
}

/** The last of a list as proc(5) writes it: `0-3,8`. */
function lastOf(status: string): string | undefined {
  return /^Cpus_allowed_list:.*?(\d+)$/m.exec(status)?.[1];
}
