import { requireCoreFiles } from '../capture/core-place.js';
import { LabError, messageOf } from '../errors.js';
import type { Target } from '../targets/target.js';
import {
  hasPtraceCapability,
  parseAvailableMemory,
  parseCoreLimit,
  parseListeningPorts,
  parseOpenFileLimit,
} from '../toolchain/machine.js';
import type { PackageAccess } from '../toolchain/packages.js';
import { gigabyte, gigabytes } from './folders.js';
import type { SeenRow } from './row.js';

/** Two thousand connections of the load, one per request in the server, and some room. */
const neededFiles = 2_500;
const neededMemory = 1.5 * gigabyte;

/** Permissions and limits of the target. */
export async function examineMachine(
  target: Target,
  access: PackageAccess,
  ports: readonly number[],
  signal: AbortSignal,
): Promise<readonly SeenRow[]> {
  // Of a child, since Node raises the soft limit for itself and for what it starts.
  const { stdout: limits } = await target.exec(['cat', '/proc/self/limits'], { signal });
  const asRoot = access.kind === 'root' ? '' : 'sudo ';
  return [
    await ptraceRow(target, asRoot, signal),
    openFilesRow(limits),
    ...(await portRows(target, ports, signal)),
    memoryRow(await target.readFile('/proc/meminfo', signal)),
    await kernelCoreRow(target, limits, asRoot, signal),
  ];
}

/**
 * Really attaches gdb to a process that is no descendant of gdb, as capturing does: what Yama, capabilities
 * and seccomp allow together shows in no single file.
 */
async function ptraceRow(target: Target, asRoot: string, signal: AbortSignal): Promise<SeenRow> {
  const row = { name: 'ptrace', needed: "gdb may attach to the lab's server" };
  const [yama, status] = await Promise.all([
    target.readFile('/proc/sys/kernel/yama/ptrace_scope', signal),
    target.readFile('/proc/self/status', signal),
  ]);
  const scope = yama?.trim();
  const why = [
    scope === undefined ? 'no Yama' : `ptrace_scope ${scope}`,
    hasPtraceCapability(status ?? '') ? 'CAP_SYS_PTRACE' : 'no CAP_SYS_PTRACE',
  ].join(', ');
  try {
    await using victim = await target.start(['sleep', '60'], { signal, logFile: '/dev/null' });
    const argv = ['gdb', '-nx', '-batch', '-p', String(victim.identity.pid)];
    const { stderr, exitCode } = await target.exec(argv, { signal, timeoutMs: 30_000 });
    if (exitCode === 0 && !/ptrace:|Could not attach/i.test(stderr)) {
      return { ...row, status: 'ok', found: `gdb attached (${why})` };
    }
    return { ...row, status: 'missing', found: `refused (${why})`, mend: ptraceMend(scope, asRoot) };
  } catch (error) {
    signal.throwIfAborted();
    return { ...row, status: 'missing', found: `not tried: ${messageOf(error)}`, mend: 'install gdb first' };
  }
}

function ptraceMend(scope: string | undefined, asRoot: string): string {
  if (scope === '3') return 'reboot without kernel.yama.ptrace_scope=3: it cannot be lowered while running';
  if (scope !== undefined && scope !== '0') return `${asRoot}sysctl -w kernel.yama.ptrace_scope=0`;
  return 'start the container with --cap-add=SYS_PTRACE';
}

function openFilesRow(limits: string): SeenRow {
  const limit = parseOpenFileLimit(limits);
  const row = { name: 'open files', needed: `${neededFiles} or more` };
  if (limit === undefined) return { ...row, status: 'warning', found: 'unknown' };
  const found = `${limit.soft} (hard limit ${limit.hard})`;
  if (limit.soft >= neededFiles) return { ...row, status: 'ok', found };
  // Go and Node raise their own soft limit to the hard one; only the hard one stops them.
  return limit.hard >= neededFiles
    ? { ...row, status: 'warning', found, mend: `ulimit -n ${neededFiles}` }
    : {
        ...row,
        status: 'missing',
        found,
        mend: `raise the hard limit, for example: prlimit --nofile=${neededFiles * 2} --pid $$`,
      };
}

async function portRows(
  target: Target,
  ports: readonly number[],
  signal: AbortSignal,
): Promise<readonly SeenRow[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => target.readFile(path, signal)),
  );
  const taken = new Set(tables.flatMap((table) => [...parseListeningPorts(table ?? '')]));
  return ports.map((port) => {
    const row = { name: `port ${port}`, needed: 'free' };
    return taken.has(port)
      ? {
          ...row,
          status: 'missing',
          found: 'taken',
          mend: `ss -ltnp 'sport = :${port}' names the process to end`,
        }
      : { ...row, status: 'ok', found: 'free' };
  });
}

function memoryRow(meminfo: string | undefined): SeenRow {
  const bytes = parseAvailableMemory(meminfo ?? '');
  const row = { name: 'memory', needed: `${gigabytes(neededMemory)} available` };
  if (bytes === undefined) return { ...row, status: 'warning', found: 'unknown' };
  const found = `${gigabytes(bytes)} available`;
  return bytes >= neededMemory
    ? { ...row, status: 'ok', found }
    : { ...row, status: 'warning', found, mend: 'end other programs' };
}

/** What `--capture kernel` needs. The lab raises the soft limit of what it starts, up to the hard one. */
async function kernelCoreRow(
  target: Target,
  limits: string,
  asRoot: string,
  signal: AbortSignal,
): Promise<SeenRow> {
  const row = { name: 'kernel cores', needed: 'optional: --capture kernel' };
  const limit = parseCoreLimit(limits);
  const pattern = (await target.readFile('/proc/sys/kernel/core_pattern', signal))?.trim();
  if (limit === undefined || pattern === undefined) return { ...row, status: 'warning', found: 'unknown' };
  const size = (bytes: number): string => (bytes === Number.POSITIVE_INFINITY ? 'unlimited' : `${bytes}`);
  const found = `core_pattern ${pattern || 'empty'}, limit ${size(limit.soft)} (hard limit ${size(limit.hard)})`;
  try {
    await requireCoreFiles(target, signal);
  } catch (error) {
    if (!(error instanceof LabError) || signal.aborted) throw error;
    return { ...row, status: 'warning', found, ...(error.hint === undefined ? {} : { mend: error.hint }) };
  }
  return limit.hard === 0
    ? { ...row, status: 'warning', found, mend: `${asRoot}prlimit --core=unlimited --pid $$` }
    : { ...row, status: 'ok', found };
}
