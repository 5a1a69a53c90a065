import { rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readCoreHeader, readExecutable } from '../core/elf.js';
import { LabError, messageOf } from '../errors.js';
import type { Emit } from '../events.js';
import type { ExecResult, Target } from '../targets/target.js';
import type { Bundle } from './bundle.js';
import { copySparse, sha256 } from './hash.js';
import type { CaptureMethod } from './method.js';
import { measureSpace, requireSpace } from './space.js';

export interface BundleRequest {
  readonly target: Target;
  readonly pid: number;
  readonly method: CaptureMethod;
  /** Folder of the bundle; it exists. */
  readonly dir: string;
}

/**
 * Captures a process: `core.<pid>` (mode 0600, holes punched) and `server`, the executable that it runs, even
 * when that was replaced or deleted on disk since. Both appear under their names only when they are complete:
 * until then they lie in a folder that only the owner may enter.
 *
 * Throws what the method throws, `no-space` before anything is stopped, and `undecided` when the core turns
 * out to be damaged.
 */
export async function captureBundle(
  { target, pid, method, dir }: BundleRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<Bundle> {
  const folder = resolve(dir);
  const run = runner(target, signal);
  await requireAlive(target, pid, signal);
  const space = await measureSpace({ target, pid, folder, method }, signal);
  if (space !== undefined) requireSpace(space, folder);

  const workshop = join(folder, `.capture-${pid}-${process.pid}`);
  await run(['mkdir', '--mode=0700', '--', workshop]);
  try {
    const file = join(workshop, 'core');
    const program = join(workshop, 'server');
    // The method finds an empty file of the right mode and keeps it; the folder protects it either way.
    await run(['install', '--mode=0600', '/dev/null', file]);
    await run(['cp', '--', `/proc/${pid}/exe`, program]).catch((error: unknown) => {
      throw error instanceof LabError && error.code === 'missing-permission' ? foreign(pid, error) : error;
    });
    const exe = await readExecutable(program, signal);
    if (!exe.isGo) {
      throw new LabError(`process ${pid} runs no Go program`, {
        code: 'usage',
        hint: 'pass the pid of a Go process',
      });
    }

    const captured = await method.capture({ target, pid, file, goVersion: exe.goVersion ?? '' }, signal);
    await run(['chmod', '0600', '--', file]);
    const core = await readCoreHeader(file, signal).catch((error: unknown) => {
      throw damaged(messageOf(error), error);
    });
    if (core.size.actual < core.size.expected) {
      throw damaged(`it has ${core.size.actual} bytes instead of ${core.size.expected}`);
    }

    const before = await sizes(run, file);
    const coreHash = await compact(target, file, emit, signal);
    const exeHash = await sha256(target, program, signal);
    const after = await sizes(run, file);

    const paths = { core: join(folder, `core.${pid}`), exe: join(folder, 'server') };
    await run(['mv', '--force', '--', program, paths.exe]);
    await run(['mv', '--force', '--', file, paths.core]);
    return {
      ...paths,
      method: method.name,
      pid,
      buildId: exe.buildId.gnu ?? exe.buildId.go ?? '',
      goVersion: exe.goVersion ?? '',
      sha256: { core: coreHash, exe: exeHash },
      size: { apparent: after.apparent, onDisk: after.onDisk, dense: before.onDisk },
      pausedMs: captured.pausedMs,
    };
  } finally {
    // Not with the caller's signal: what was begun is removed after Ctrl-C too.
    await target
      .exec(['rm', '-rf', '--', workshop], { signal: AbortSignal.timeout(10_000) })
      .catch(() => undefined);
  }
}

/** Makes a dense core sparse; returns its hash. */
async function compact(target: Target, file: string, emit: Emit, signal: AbortSignal): Promise<string> {
  if (target.kind === 'local') {
    const sparse = `${file}.sparse`;
    const hash = await copySparse(file, sparse, signal).catch((error: unknown) => {
      throw isFull(error) ? diskFull(messageOf(error), error) : error;
    });
    await rename(sparse, file);
    return hash;
  }
  // Hash first: the bytes are still in the page cache, and reading holes costs more than reading data.
  const hash = await sha256(target, file, signal);
  const punched = await target
    .exec(['fallocate', '--dig-holes', file], { signal })
    .catch((error: unknown) => {
      if (error instanceof LabError && error.code === 'missing-tool') return undefined;
      throw error;
    });
  if (punched?.exitCode !== 0) {
    emit({ type: 'note', text: 'holes could not be punched: the core stays dense' });
  }
  return hash;
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function diskFull(message: string, cause?: unknown): LabError {
  return new LabError(message, { code: 'no-space', hint: 'free some space and capture again', cause });
}

type Run = (argv: readonly string[]) => Promise<ExecResult>;

function runner(target: Target, signal: AbortSignal): Run {
  return async (argv) => {
    const result = await target.exec(argv, { signal });
    if (result.exitCode === 0) return result;
    const said = result.stderr.trim() || `exit code ${result.exitCode}`;
    if (/No space left on device/.test(said)) {
      throw diskFull(said);
    }
    if (/Permission denied|Operation not permitted/.test(said)) {
      throw new LabError(`${argv[0]} failed: ${said}`, {
        code: 'missing-permission',
        hint: 'run the same command as the user of the process, or with sudo',
      });
    }
    throw new LabError(`${argv.join(' ')} failed: ${said}`, {
      code: 'target',
      hint: 'look whether the process still runs and the folder can be written',
    });
  };
}

async function requireAlive(target: Target, pid: number, signal: AbortSignal): Promise<void> {
  const stat = await target.readFile(`/proc/${pid}/stat`, signal);
  if (stat !== undefined) return;
  throw new LabError(`process ${pid} is gone`, {
    code: 'target',
    hint: 'look for its pid: pgrep -l NAME',
  });
}

function foreign(pid: number, cause: unknown): LabError {
  return new LabError(`process ${pid} belongs to another user: its memory may not be read`, {
    code: 'missing-permission',
    hint: `run the same command with sudo, or as the user of process ${pid}`,
    cause,
  });
}

async function sizes(
  run: Run,
  file: string,
): Promise<{ readonly apparent: number; readonly onDisk: number }> {
  const { stdout } = await run(['stat', '--format=%s %b %B', '--', file]);
  const [apparent = 0, blocks = 0, blockSize = 0] = stdout.trim().split(' ').map(Number);
  return { apparent, onDisk: blocks * blockSize };
}

function damaged(why: string, cause?: unknown): LabError {
  return new LabError(`the core that was written is damaged: ${why}`, {
    code: 'undecided',
    hint: 'capture again: `npx lab capture`',
    cause,
  });
}
