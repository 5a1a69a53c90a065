import { type CoreHeader, type MappedFile, readCoreHeader } from './core-file.js';
import { type Executable, readExecutable } from './executable.js';
import { bad, openInput } from './input-file.js';
import { buildIdsInCore, checkPair } from './pair.js';
import { filesIn, isSameBuild, unlessBad } from './same-build.js';

const AT_ENTRY = 9;

/**
 * The executable in a folder, or below it, whose build ID is that of the process; one with debug information before one
 * without. Throws `usage` when there is none, or when the core does not tell.
 */
export async function findExecutable(folder: string, core: string, signal: AbortSignal): Promise<Executable> {
  const ids = await idsOf(core, signal);
  let found: Executable | undefined;
  let programs = 0;
  for await (const path of filesIn(folder, true)) {
    signal.throwIfAborted();
    const exe = await unlessBad(readExecutable(path, signal));
    if (exe === undefined || !exe.isGo || exe.isDebugOnly) continue;
    programs++;
    if (!isSameBuild(exe.buildId, ids)) continue;
    if (found === undefined || (exe.hasDebugInfo && !found.hasDebugInfo)) found = exe;
    if (found.hasDebugInfo) break;
  }
  if (found !== undefined) return found;
  throw bad(
    `no executable in ${folder} has the build ID of the core (${ids.gnu ?? ids.go}); ${programs} Go programs were looked at`,
    'pass the very file that the process ran; `/proc/PID/exe` is a copy of it while it lives',
  );
}

/** The one among these whose build ID is that of the process, one with debug information first; the core tells its own. */
export async function matching<T extends { readonly path: string }>(
  programs: readonly T[],
  core: string,
  signal: AbortSignal,
): Promise<T | undefined> {
  let found: T | undefined;
  for (const program of programs) {
    const pair = await unlessBad(checkPair(program.path, core, signal));
    if (pair?.match.kind !== 'same' || pair.exe.isDebugOnly) continue;
    if (pair.exe.hasDebugInfo) return program;
    found ??= program;
  }
  return found;
}

/** Where the executable of the process lay on its machine; `undefined` when the core does not tell. */
export function recordedExecutable({ auxv, mappedFiles }: CoreHeader): string | undefined {
  const entry = auxv.get(AT_ENTRY);
  if (entry === undefined) return undefined;
  return mappedFiles.find(({ start, end }: MappedFile) => entry >= start && entry < end)?.path;
}

async function idsOf(path: string, signal: AbortSignal) {
  const core = await readCoreHeader(path, signal);
  await using file = await openInput(path, 'core', signal);
  const ids = await buildIdsInCore(core, file.read);
  if (ids !== undefined) return ids;
  throw bad(
    `${path} does not tell the build ID of its program, so no folder can be searched for it`,
    'pass the very file that the process ran as --exe',
  );
}
