import { statfs } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { LabError } from '../errors.js';
import { runsFolder } from '../paths.js';
import type { Target } from '../targets/target.js';
import type { CaptureMethod } from './method.js';

/** Bits of `/proc/PID/coredump_filter` (core(5)). */
const anonymousPrivate = 1;
const anonymousShared = 2;
const filePrivate = 4;
const fileShared = 8;
const elfHeaders = 16;
const defaultFilter = 0x33;
/** Notes: registers of each thread, with gdb's description of the machine. */
const notesPerThread = 16 * 1024;
const notesBase = 256 * 1024;

/**
 * How many bytes a core of the process will have, from the text of `/proc/PID/smaps` (proc(5)), honouring
 * what gdb honours: the process's filter, and mappings marked as not to be dumped. gdb writes whole mappings,
 *
 * touched or not, and those without any permission too: Go's reserved address space makes most of its core.
 * `inaccessible` false: a method that writes all that is readable, whatever the filter, and nothing else.
 */
export function estimateCoreSize(
  smaps: string,
  filter: number,
  threads: number,
  inaccessible = true,
): number {
  let total = notesBase + threads * notesPerThread;
  const isCounted = (seen: Mapping): boolean =>
    inaccessible ? isDumped(seen, filter) : seen.readable && !seen.excluded;
  let mapping: Mapping | undefined;
  for (const line of smaps.split('\n')) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ (\d+) *(.*)$/.exec(line);
    if (head !== null) {
      if (mapping !== undefined && isCounted(mapping)) total += mapping.size;
      mapping = {
        size: Number.parseInt(head[2] ?? '', 16) - Number.parseInt(head[1] ?? '', 16),
        shared: head[3]?.[3] === 's',
        readable: head[3]?.[0] === 'r',
        file: head[5] !== '0',
        offset: Number.parseInt(head[4] ?? '', 16),
        touched: false,
        excluded: false,
      };
    } else if (mapping !== undefined) {
      if (/^Anon(ymous|HugePages): +[1-9]/.test(line)) mapping.touched = true;
      if (/^VmFlags:.* (dd|io)( |$)/.test(line)) mapping.excluded = true;
    }
  }
  if (mapping !== undefined && isCounted(mapping)) total += mapping.size;
  return total;
}

interface Mapping {
  readonly size: number;
  readonly shared: boolean;
  readonly readable: boolean;
  readonly file: boolean;
  readonly offset: number;
  touched: boolean;
  excluded: boolean;
}

function isDumped(mapping: Mapping, filter: number): boolean {
  const has = (bit: number): boolean => (filter & bit) !== 0;
  if (mapping.excluded) return false;
  if (!mapping.file) return has(mapping.shared ? anonymousShared : anonymousPrivate);
  if (mapping.shared) return has(fileShared);
  if (has(filePrivate) || (mapping.touched && has(anonymousPrivate))) return true;
  return mapping.offset === 0 && has(elfHeaders);
}

/** Bytes. */
export interface Space {
  readonly needed: number;
  /** What of it holds data: a sparse core is not larger. */
  readonly resident: number;
  readonly available: number;
}

export interface SpaceRequest {
  readonly target: Target;
  readonly pid: number;
  readonly folder: string;
  readonly method: Pick<CaptureMethod, 'writesInaccessible' | 'writesSparse'>;
}

/**
 * What a capture into `folder` needs and what there is, in bytes; `undefined` when the process's memory map
 * may not be read (the capture itself will tell why).
 */
export async function measureSpace(
  { target, pid, folder, method }: SpaceRequest,
  signal: AbortSignal,
): Promise<Space | undefined> {
  const read = (name: string): Promise<string | undefined> =>
    target.readFile(`/proc/${pid}/${name}`, signal).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return undefined;
    });
  const [smaps, filter, status] = await Promise.all([read('smaps'), read('coredump_filter'), read('status')]);
  if (smaps === undefined || smaps === '') return undefined;
  const threads = Number(/^Threads:\s+(\d+)/m.exec(status ?? '')?.[1] ?? 1);
  const bits = Number.parseInt(filter ?? '', 16);
  // The sparse copy lies beside the dense core for a moment: it holds what is resident.
  const [resident, swapped] = [/^VmRSS:\s+(\d+) kB/m, /^VmSwap:\s+(\d+) kB/m].map(
    (line) => Number(line.exec(status ?? '')?.[1] ?? 0) * 1024,
  ) as [number, number];
  const filterBits = Number.isNaN(bits) ? defaultFilter : bits;
  const needed = method.writesSparse
    ? notesBase + threads * notesPerThread + resident + swapped
    : estimateCoreSize(smaps, filterBits, threads, method.writesInaccessible) + resident;
  const df = await target.exec(['stat', '--file-system', '--format=%a %S', folder], { signal });
  const [blocks, blockSize] = df.stdout.trim().split(' ').map(Number);
  if (df.exitCode !== 0 || blocks === undefined || blockSize === undefined) return undefined;
  return { needed, resident, available: blocks * blockSize };
}

/** Throws `no-space` when it cannot fit. Holes are punched afterwards only: the core is dense at first. */
export function requireSpace(
  { needed, available }: Pick<Space, 'needed' | 'available'>,
  folder: string,
  target?: Pick<Target, 'kind' | 'name'>,
  { chosenBy = 'us', cores = 1 }: { readonly chosenBy?: 'us' | 'kernel'; readonly cores?: number } = {},
): void {
  if (needed <= available) return;
  const isHere = target === undefined || target.kind === 'local';
  const place = isHere ? folder : `${folder} on ${target.name}`;
  const other = isHere && chosenBy === 'us' ? `, or ${otherFolder(folder)}` : '';
  throw new LabError(
    `${cores === 1 ? 'the core needs' : `${cores} cores need`} ${megabytes(needed)} MB for a moment, and ${place} has ${megabytes(available)} MB free`,
    {
      code: 'no-space',
      hint: `free ${megabytes(needed - available)} MB there${other}`,
      details: { needed, available },
    },
  );
}

/** The option of the command that asked: a run's folder lies below that of all runs, that of a capture anywhere. */
function otherFolder(folder: string): string {
  const runs = runsFolder();
  return resolve(folder).startsWith(`${runs}${sep}`)
    ? 'keep the runs on another disk: set LAB_RUNS to a folder there'
    : 'choose another folder with -o';
}

/** As {@link requireSpace}, for a folder of this machine that cores of so many bytes of data are brought to. */
export async function requireSpaceHere(folder: string, needed: number, cores = 1): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  requireSpace({ needed, available: bavail * bsize }, folder, undefined, { cores });
}

/** The error of a disk that filled up while something was written. */
export function diskFull(message: string, cause?: unknown): LabError {
  return new LabError(message, { code: 'no-space', hint: 'free some space and capture again', cause });
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
