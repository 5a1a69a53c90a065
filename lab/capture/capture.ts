import { join, resolve } from 'node:path';
import { readExecutable } from '../core/elf.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { again } from '../targets/again.js';
import { localTarget } from '../targets/local.js';
import type { ExecResult, Target } from '../targets/target.js';
import type { Bundle } from './bundle.js';
import { landFrom, landHere, requireWhole, settle } from './landing.js';
import { removeLeftRooms, roomName } from './left-behind.js';
import type { Look } from './looks.js';
import type { CaptureMethod } from './method.js';
import { onceMore } from './once-more.js';
import { foreign, notGo, requireProcess } from './require-process.js';
import { rescue } from './rescue.js';
import { slimLanded } from './slim.js';
import { diskFull, measureSpace, requireSpace, requireSpaceHere, type SpaceRequest } from './space.js';

export interface BundleRequest {
  readonly target: Target;
  readonly pid: number;
  readonly method: CaptureMethod;
  /** Folder of the bundle, on the lab's machine; it exists. */
  readonly dir: string;
  /** Folder of the target where the core is written; `dir` unless named. */
  readonly folder?: string;
  /** Of several cores of one process, which one this is; it is called `core.<pid>.<number>` then. */
  readonly look?: Look;
  /** Another machine keeps `core.<pid>` and `server` in that folder, for a Delve there. */
  readonly keepThere?: boolean;
  /** Only what the analysis needs of the core comes into `dir`, without data of the service. */
  readonly slim?: boolean;
}

/**
 * Captures a process: `core.<pid>` (mode 0600, holes punched) and `server`, the executable that it runs, even
 * when that was replaced or deleted on disk since. Both appear under their names only when they are complete:
 * until then they lie in a folder that only the owner may enter. From another machine they are brought home, and
 * nothing stays there unless it is asked for.
 *
 * Throws what the method throws, `no-space` before anything is stopped, and `undecided` when the core turns
 * out to be damaged, or is to be slim and cannot.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: steps in their order, all under one clean-up
export async function captureBundle(
  { target, pid, method, dir, folder = resolve(dir), look, keepThere = false, slim = false }: BundleRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<Bundle> {
  const home = resolve(dir);
  const run = runner(target, signal);
  await requireProcess(target, pid, signal);
  await method.requireProcess?.({ target, pid }, signal);
  const more = look === undefined ? 0 : look.of - look.number;
  await requireRoom({ target, pid, folder, method, home, more }, signal);

  await removeLeftRooms(target, folder, signal);
  if (target.kind !== 'local') await removeLeftRooms(localTarget(), home, signal);
  const workshop = join(folder, await roomName('.capture', pid));
  await run(['mkdir', '-p', '--mode=0700', '--', workshop]);
  const file = join(workshop, 'core');
  const program = join(workshop, 'server');
  // Of a process that is gone there is no second core.
  let onlyCopy = false;
  try {
    await using landing =
      target.kind === 'local'
        ? landHere(target, method)
        : await landFrom(target, join(home, await roomName('.landing', pid)), method, emit);
    // The method finds an empty file of the right mode and keeps it; the folder protects it either way.
    await run(['install', '--mode=0600', '/dev/null', file]);
    await run(['cp', '--', `/proc/${pid}/exe`, program]).catch(async (error: unknown) => {
      const refused = error instanceof LabError && error.code === 'missing-permission';
      throw refused ? await foreign(target, pid, error, signal) : error;
    });
    const landedExe = await landing.land(program, 'server', signal);
    const exe = await readExecutable(landedExe.path, signal);
    if (!exe.isGo) throw await notGo(target, pid, signal);

    const say = (text: string): void => emit({ type: 'progress', stage: 'capture', text });
    const wanted = { target, pid, file, goVersion: exe.goVersion ?? '', say };
    const take = () => method.capture(wanted, signal);
    if (!method.keepsProcess) emit({ type: 'note', text: `this ends process ${pid}: ${method.title}` });
    const began = Date.now();
    const captured = await (method.keepsProcess ? onceMore(target, pid, take, emit, signal) : take());
    onlyCopy = !method.keepsProcess;
    for (const text of captured.notes ?? []) emit({ type: 'note', text });
    await run(['chmod', '0600', '--', file]);
    const dense = await onDisk(run, file);
    const landed = await landing.land(file, 'core', signal);
    // A debugger writes the core of the process that it holds; the kernel's was found by its name.
    await requireWhole(landed.path, method.keepsProcess ? undefined : pid, signal);
    const { core: landedCore, slim: slimmed } = slim
      ? await slimLanded(
          {
            ...{ exe: landedExe.path, goVersion: exe.goVersion ?? '', core: landed },
            scrubbed: captured.isScrubbed ?? false,
          },
          emit,
          signal,
        )
      : { core: landed, slim: undefined };

    const files = { core: landedCore.path, exe: landedExe.path };
    const { paths, size, name } = await settle({ home, pid, look, began, ...files });
    if (keepThere && target.kind !== 'local') {
      await run(['mv', '--force', '--', program, join(folder, 'server')]);
      await run(['mv', '--force', '--', file, join(folder, name)]);
    }
    onlyCopy = false;
    const { transferred } = landedCore;
    return {
      ...paths,
      method: method.name,
      pid,
      buildId: exe.buildId.gnu ?? exe.buildId.go ?? '',
      goVersion: exe.goVersion ?? '',
      sha256: { core: landedCore.sha256, exe: landedExe.sha256 },
      size: { ...size, dense, ...(transferred === undefined ? {} : { transferred }) },
      pausedMs: captured.pausedMs,
      takenAt: new Date(began).toISOString(),
      ...(captured.snapshot === undefined ? {} : { snapshot: captured.snapshot }),
      ...(slimmed === undefined ? {} : { slim: slimmed }),
      ...(captured.from === undefined ? {} : { writtenTo: captured.from }),
    };
  } finally {
    if (onlyCopy) await rescue({ target, pid, file, program, folder }, emit);
    // Not with the caller's signal: what was begun is removed after Ctrl-C too.
    await target
      .exec(['rm', '-rf', '--', workshop], { signal: AbortSignal.timeout(10_000) })
      .catch(() => undefined);
  }
}

async function requireRoom(
  { home, more, ...request }: SpaceRequest & { readonly home: string; readonly more: number },
  signal: AbortSignal,
): Promise<void> {
  const space = await measureSpace(request, signal);
  if (space === undefined) return;
  // Elsewhere a core is gone before the next one is taken; here each stays, without its holes.
  const isHere = request.target.kind === 'local';
  const needed = space.needed + (isHere ? more * space.resident : 0);
  requireSpace({ ...space, needed }, request.folder, request.target, { cores: isHere ? more + 1 : 1 });
  if (!isHere) await requireSpaceHere(home, space.resident * (more + 1), more + 1);
}

type Run = (argv: readonly string[]) => Promise<ExecResult>;

function runner(target: Target, signal: AbortSignal): Run {
  return async (argv) => {
    const result = await again(() => target.exec(argv, { signal }), signal);
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

async function onDisk(run: Run, file: string): Promise<number> {
  const { stdout } = await run(['stat', '--format=%b %B', '--', file]);
  const [blocks = 0, blockSize = 0] = stdout.trim().split(' ').map(Number);
  return blocks * blockSize;
}
