import { readFile, statfs } from 'node:fs/promises';
import { LabError } from '../errors.js';
import { requestsPerConnection } from './clients-wire.js';
import { type Protocol, protocolNames } from './facts.js';

/*
 * What a stampede needs, and what the machine has. The figures per handler were measured on Go 1.26
 * (docs/scenarios/stampede.md); other versions need more or less, so that they are rounded up.
 */

/** Memory that a stuck handler takes: in the server, and in the kernel for its connection. */
const bytesPerHandler: Readonly<Record<Protocol, { readonly server: number; readonly kernel: number }>> = {
  http1: { server: 16_000, kernel: 5_000 },
  http2: { server: 9_000, kernel: 0 },
};
/** The server itself, and what pprof takes to print its longest page. */
const baseBytes = 500e6;
/** Go's reserved address space: gdb writes it before the holes are punched. */
const coreBaseBytes = 1.5e9;
/** Descriptors beside those of the stuck handlers and of the clients that are there. */
const otherDescriptors = 100;

/** What a process of this machine may have, in the units of `Needs`. */
export interface Machine {
  readonly descriptors: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

export interface Needs extends Machine {
  readonly size: number;
  readonly protocol: Protocol;
}

/** What so many stuck handlers need. `crowd`: the most connections of the load that comes before. */
export function needsOf(size: number, protocol: Protocol, clients: number, crowd: number): Needs {
  const { server, kernel } = bytesPerHandler[protocol];
  const connections = protocol === 'http1' ? Math.max(size, crowd) : crowd;
  return {
    size,
    protocol,
    descriptors: connections + Math.ceil(clients / requestsPerConnection[protocol]) + otherDescriptors,
    memoryBytes: baseBytes + size * (server + kernel),
    // The sparse copy lies beside the dense core for a moment; SIGQUIT prints some two kilobytes for each.
    diskBytes: coreBaseBytes + 2 * size * server + size * 2_000,
  };
}

/** Throws `target` or `no-space` with the one thing to do when the machine has too little. */
export function requireRoom(needs: Needs, machine: Machine, folder: string): void {
  const { size, protocol } = needs;
  const who = `${size.toLocaleString('en-US')} stuck handlers over ${protocolNames[protocol]}`;
  const fail = (code: LabError['code'], message: string, hint: string): LabError =>
    new LabError(`${who} ${message}`, { code, hint, details: { needs, machine } });
  if (needs.descriptors > machine.descriptors) {
    throw fail(
      'target',
      `hold ${count(needs.descriptors)} file descriptors, and a process may have ${count(machine.descriptors)} here (RLIMIT_NOFILE)`,
      protocol === 'http1'
        ? `let them come over HTTP/2, which leaves handlers behind without a descriptor: npx lab run stampede --size ${size} --protocol http2`
        : `raise the limit in this shell: ulimit -n ${needs.descriptors}`,
    );
  }
  if (needs.memoryBytes > machine.memoryBytes) {
    const perHandler = (needs.memoryBytes - baseBytes) / size;
    const fitting = Math.floor((machine.memoryBytes - baseBytes) / perHandler / 1_000) * 1_000;
    throw fail(
      'target',
      `take ${gigabytes(needs.memoryBytes)} of memory, and ${gigabytes(machine.memoryBytes)} are available`,
      fitting >= 1_000 ? `let fewer come: --size ${fitting}` : 'end what else takes memory here',
    );
  }
  if (needs.diskBytes > machine.diskBytes) {
    throw fail(
      'no-space',
      `leave a core of ${gigabytes(needs.diskBytes)} at first, and ${folder} has ${gigabytes(machine.diskBytes)} free`,
      'remove the cores of earlier runs: npx lab clean',
    );
  }
}

/** This machine, as a process started from here sees it; `folder` is where the core will go. */
export async function thisMachine(folder: string): Promise<Machine> {
  const [limits, meminfo, disk] = await Promise.all([
    readFile('/proc/self/limits', 'utf8'),
    readFile('/proc/meminfo', 'utf8'),
    statfs(folder),
  ]);
  return {
    descriptors: openFilesOf(limits).hard,
    memoryBytes: Number(/^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1024,
    diskBytes: disk.bavail * disk.bsize,
  };
}

/** Both limits of open files, from the text of `/proc/PID/limits` (proc(5)). */
export function openFilesOf(limits: string): { readonly soft: number; readonly hard: number } {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
  return { soft: limitOf(soft), hard: limitOf(hard) };
}

function limitOf(word: string | undefined): number {
  return word === undefined || word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word);
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
