import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Bundle } from '../capture/bundle.js';
import type { HelperOptions } from '../capture/helper/options.js';
import { requireWhole, settle } from '../capture/landing.js';
import { removeLeftRooms, roomName } from '../capture/left-behind.js';
import type { Look } from '../capture/looks.js';
import { slimLanded } from '../capture/slim.js';
import { readExecutable } from '../core/elf.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { localTarget } from '../targets/local.js';
import { ensureCaptureHelper } from '../toolchain/capture-helper.js';
import { openEngineContainer } from './engine.js';
import type { Bringing, Place } from './place.js';
import { openPod } from './pod.js';
import { chooseProcess } from './processes.js';
import { parseContainerTarget } from './reference.js';
import { takeCore } from './take-core.js';

export interface ContainerCaptureRequest {
  /** `docker://NAME`, `podman://NAME` or `kubectl://[CONTEXT/]NAMESPACE/POD[/CONTAINER]`. */
  readonly target: string;
  /** As the container itself sees it; the only Go process there when absent. */
  readonly pid?: number | undefined;
  /** Folder of the bundle, on this machine; it exists. */
  readonly dir: string;
  /** Image with a shell, for a pod's debug container. */
  readonly debugImage?: string | undefined;
  readonly options?: HelperOptions;
  /** Of several cores of one process, which one this is; it is called `core.<pid>.<number>` then. */
  readonly look?: Look;
}

/**
 * Captures a Go process inside of a container: `core.<pid>` (mode 0600, with holes) and `server`, its executable, come
 * home into `dir`; neither stays there. The image needs neither shell nor libc nor a root that can be written to. Both
 * appear under their names only when they are complete.
 *
 * Throws `usage` for bad names and for several processes to choose from, `missing-tool` without the client,
 * `missing-permission` with the line that grants what is missing, `target` when the container or the process does not
 * run, `no-space`, `undecided` when the core did not come whole, `interrupted`.
 */
export async function captureFromContainer(
  request: ContainerCaptureRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<Bundle> {
  const home = resolve(request.dir);
  const say = (text: string): void => emit({ type: 'progress', stage: 'capture', text });
  const note = (text: string): void => emit({ type: 'note', text });
  await removeLeftRooms(localTarget(), home, signal);
  await using place = await openPlace(request, { emit, note }, signal);
  const { pid } = chooseProcess(place.processes, { ...request, where: place.where, grant: place.grant });
  const landing = join(home, await roomName('.landing', pid));
  try {
    const began = Date.now();
    const folder = join(landing, 'core');
    await mkdir(landing, { mode: 0o700 });
    const taken = await takeCore({ place, pid, folder, home, options: request.options ?? {}, say }, signal);
    const exe = await readExecutable(taken.server.path, signal);
    if (!exe.isGo) {
      throw new LabError(`process ${pid} in ${place.where} runs no Go program`, {
        code: 'usage',
        hint: 'name a Go process, as seen inside of the container: --pid PID',
      });
    }
    await requireWhole(taken.core.path, pid, signal);
    for (const text of taken.notes) note(text);
    const goVersion = exe.goVersion ?? '';
    const files = { exe: taken.server.path, goVersion, core: taken.core, scrubbed: true };
    const { core, slim } =
      request.options?.slim === true
        ? await slimLanded(files, emit, signal)
        : { core: taken.core, slim: undefined };
    const landed = { core: core.path, exe: taken.server.path };
    const { paths, size } = await settle({ home, pid, look: request.look, began, ...landed });
    return {
      ...paths,
      method: 'helper',
      pid,
      buildId: exe.buildId.gnu ?? exe.buildId.go ?? '',
      goVersion,
      sha256: { core: core.sha256, exe: taken.server.sha256 },
      size: { ...size, dense: size.onDisk, transferred: taken.transferred },
      pausedMs: taken.pausedMs,
      snapshot: taken.snapshot,
      takenAt: new Date(began).toISOString(),
      ...(slim === undefined ? {} : { slim }),
    };
  } finally {
    await rm(landing, { recursive: true, force: true });
  }
}

async function openPlace(
  { target, debugImage }: ContainerCaptureRequest,
  { emit, note }: { readonly emit: Emit; readonly note: (text: string) => void },
  signal: AbortSignal,
): Promise<Place> {
  const reference = parseContainerTarget(target);
  const bringing: Bringing = {
    target,
    note,
    helperFor: async (architecture, until) => (await ensureCaptureHelper({ architecture, emit }, until)).path,
  };
  if (reference.kind !== 'kubectl') {
    if (debugImage !== undefined) {
      throw new LabError(`--debug-image is for pods, not for containers of ${reference.kind}`, {
        code: 'usage',
        hint: 'leave out --debug-image',
      });
    }
    return await openEngineContainer(reference, bringing, signal);
  }
  return await openPod(reference, { ...bringing, debugImage }, signal);
}
