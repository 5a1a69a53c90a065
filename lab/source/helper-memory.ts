import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';

/** In bytes. */
export interface MemoryLimits {
  /** From here on the helper spends more time on collecting garbage than on growing. */
  readonly soft: number;
  /** More it does not get. */
  readonly hard: number;
}

const megabyte = 1024 * 1024;
/** Below this nothing can be loaded; better let it try. */
const least = 256 * megabyte;

/** What the helper may take of the memory that is free now. */
export function memoryLimits(free: number = freeMemory()): MemoryLimits {
  return { soft: Math.max(least, free * 0.7), hard: Math.max(2 * least, free * 0.9) };
}

/** Bytes that this machine has left, and the control group that this process is in. */
export function freeMemory(read: (file: string) => string | undefined = readText): number {
  return Math.min(freemem(), freeInGroup(read) ?? Number.POSITIVE_INFINITY);
}

/** What the control groups on the way to the root leave; `undefined` without a limit. */
export function freeInGroup(read: (file: string) => string | undefined): number | undefined {
  const groups = read('/proc/self/cgroup') ?? '';
  const unified = /^0::(\/.*)$/m.exec(groups)?.[1];
  const old = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m.exec(groups)?.[1];
  const left = [
    ...(unified === undefined
      ? []
      : upwards(unified).map((path) =>
          leftIn(`/sys/fs/cgroup${path}`, ['memory.max', 'memory.current'], read),
        )),
    ...(old === undefined
      ? []
      : upwards(old).map((path) =>
          leftIn(`/sys/fs/cgroup/memory${path}`, ['memory.limit_in_bytes', 'memory.usage_in_bytes'], read),
        )),
  ].filter((bytes) => bytes !== undefined);
  return left.length === 0 ? undefined : Math.min(...left);
}

/** `/a/b`, `/a`, and the root, in a form that a name can be appended to. A container sees its own group as the root. */
function upwards(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, depth) => {
    const kept = parts.slice(0, parts.length - depth);
    return kept.length === 0 ? '' : `/${kept.join('/')}`;
  });
}

function leftIn(
  folder: string,
  [limitFile, usedFile]: readonly [string, string],
  read: (file: string) => string | undefined,
): number | undefined {
  const limit = Number(read(`${folder}/${limitFile}`)?.trim() || Number.NaN);
  // Without a limit: `max`, or in the old form a number near 2^63.
  if (!Number.isFinite(limit) || limit > 2 ** 60) return undefined;
  const used = Number(read(`${folder}/${usedFile}`)?.trim() || Number.NaN);
  if (!Number.isFinite(used)) return limit;
  // Pages of files count as used, and are given back when memory is wanted.
  const files = /^(?:total_)?inactive_file (\d+)$/m.exec(read(`${folder}/memory.stat`) ?? '')?.[1];
  return Math.max(0, limit - Math.max(0, used - Number(files ?? 0)));
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
