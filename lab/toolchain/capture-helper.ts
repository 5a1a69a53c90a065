import { access, constants, copyFile, cp, mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { interrupted, LabError, toLabError } from '../errors.js';
import type { Emit } from '../events.js';
import { cacheFolder, projectRoot } from '../paths.js';
import { localTarget } from '../targets/local.js';
import type { Target } from '../targets/target.js';
import { installInto } from './cache.js';
import { unpackCarried } from './carried.js';
import { isCompiled, readSources } from './facts-cache.js';
import { helperEnvironment, requireGo } from './go.js';

/** As Go names them. */
export const captureArchitectures = ['amd64', 'arm64'] as const;
export type CaptureArchitecture = (typeof captureArchitectures)[number];

/** The program that takes cores (`helpers/capture`), built: one static file that runs on any Linux of its architecture. */
export interface CaptureHelper {
  readonly path: string;
  /** Hash of its sources. */
  readonly version: string;
}

export interface CaptureHelperOptions {
  readonly architecture: CaptureArchitecture;
  /** Where what is built is kept; {@link cacheFolder} unless named. */
  readonly cache?: string;
  readonly emit?: Emit | undefined;
  /** This machine, with another environment. */
  readonly target?: Target;
}

/** The helper's module. */
export const captureFolder = join(projectRoot, 'helpers', 'capture');

const buildTimeoutMs = 5 * 60_000;

/**
 * The helper, from the cache or built now, by any Go of this machine from 1.19 on: it needs nothing but Go's own library.
 * Throws `missing-tool` with the command that installs Go.
 */
export async function ensureCaptureHelper(
  { architecture, cache = cacheFolder(), emit, target = localTarget() }: CaptureHelperOptions,
  signal: AbortSignal,
): Promise<CaptureHelper> {
  const { hash } = await readSources(captureFolder);
  const name = `capture-${hash}-${architecture}`;
  const path = join(cache, name, 'capture');
  if (!(await isThere(join(cache, name)))) await unpackCarried('capture', { cache, architecture });
  if (await isThere(join(cache, name))) return { path, version: hash };
  const go = await requireGo(target, signal).catch((error: unknown) => {
    if (signal.aborted) throw interrupted(error);
    const { hint } = toLabError(error);
    throw new LabError('what takes cores has to be built once, and no Go is here for that', {
      ...{ code: 'missing-tool', cause: error },
      hint: `${hint ?? 'install Go'}; or let gdb take it: --capture gcore`,
    });
  });
  emit?.({ type: 'note', text: `building what takes cores, with ${go.release.text}` });
  const fill = async (folder: string): Promise<void> => {
    const module = join(folder, 'src');
    await mkdir(module);
    const filter = (from: string) => isCompiled(captureFolder, from) || relative(captureFolder, from) === '';
    await cp(captureFolder, module, { recursive: true, filter });
    await copyFile(join(captureFolder, 'go.mod'), join(module, 'go.mod'));
    const flags = ['-trimpath', `-ldflags=-s -w -X main.version=${hash}`];
    const argv = [go.path, 'build', ...flags, '-o', join(folder, 'capture'), '.'];
    const env = helperEnvironment(architecture);
    const built = await target.exec(argv, { signal, cwd: module, env, timeoutMs: buildTimeoutMs });
    if (built.exitCode !== 0) {
      throw new LabError('what takes cores could not be built', {
        code: 'missing-tool',
        hint: 'let gdb take the core: --capture gcore',
        details: { output: built.stderr.slice(-2_000), timedOut: built.timedOut },
      });
    }
    await rm(module, { recursive: true });
  };
  await installInto(cache, name, fill, isThere);
  return { path, version: hash };
}

async function isThere(folder: string): Promise<boolean> {
  return await access(join(folder, 'capture'), constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The architecture of what `uname -m` prints; `undefined` where the helper does not run. */
export function captureArchitecture(machine: string): CaptureArchitecture | undefined {
  return { x86_64: 'amd64', aarch64: 'arm64' }[machine.trim()] as CaptureArchitecture | undefined;
}
