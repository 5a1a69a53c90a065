import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Target } from '../targets/target.js';
import { parseAnyVersion } from './versions.js';

/** An installed program. `version` is as it prints it itself. */
export interface Tool {
  readonly name: string;
  readonly path: string;
  readonly version: string | undefined;
}

// A shell, because it alone knows the PATH, the home and the globs of a target that may be another machine.
// The text is fixed; everything variable is an argument.
const listing = `
name=$1; shift
IFS=:
for folder in $PATH; do [ -f "$folder/$name" ] && [ -x "$folder/$name" ] && echo "$folder/$name"; done
IFS=
for pattern in "$@"; do
  case $pattern in '~/'*) pattern=$HOME/\${pattern#'~/'} ;; esac
  for folder in $pattern; do [ -f "$folder/$name" ] && [ -x "$folder/$name" ] && echo "$folder/$name"; done
done
:`;

/**
 * Every executable file of that name: those on PATH in its order, then those in `folders`, which may hold
 * `*` and begin with `~/`.
 */
export async function locate(
  target: Target,
  name: string,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { stdout } = await target.exec(['/bin/sh', '-c', listing, 'sh', name, ...folders], { signal });
  return listedOnce(stdout.split('\n').filter((line) => line.startsWith('/')));
}

/** Every executable file of that name on the PATH of this very process, in its order; nothing is run. */
export async function locateHere(name: string): Promise<readonly string[]> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  const found = await Promise.all(
    folders.map(async (folder) => {
      const path = join(folder, name);
      const runs = await access(path, constants.X_OK).then(
        async () => (await stat(path)).isFile(),
        () => false,
      );
      return runs ? [path] : [];
    }),
  );
  return listedOnce(found.flat());
}

/** `/bin` is a link to `/usr/bin` on a merged system: one file, listed once. */
function listedOnce(paths: readonly string[]): readonly string[] {
  return paths.filter(
    (path, index) => !paths.slice(0, index).includes(`/usr${path}`) && paths.indexOf(path) === index,
  );
}

const versionTimeoutMs = 20_000;

/** What a program prints about its version, both streams; empty when it fails or does not answer. */
export async function askVersion(
  target: Target,
  argv: readonly string[],
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const result = await target.exec(argv, {
    signal,
    timeoutMs: versionTimeoutMs,
    env: { LC_ALL: 'C', ...env },
  });
  return result.exitCode === 0 ? `${result.stdout}\n${result.stderr}` : '';
}

/** Debian puts servers where the PATH of a user may not lead. */
const serverFolders = ['/usr/sbin'];

/** The first program of that name on PATH, else where servers are. */
export async function findOptional(
  target: Target,
  name: string,
  signal: AbortSignal,
): Promise<Tool | undefined> {
  const [path] = await locate(target, name, serverFolders, signal);
  if (path === undefined) return undefined;
  const versionArguments: Readonly<Record<string, readonly string[]>> = {
    nc: ['-h'],
    wrk: ['-v'],
    haproxy: ['-v'],
    nginx: ['-v'],
    caddy: ['version'],
  };
  // nc and wrk end with a failure after having printed what they are.
  const result = await target.exec([path, ...(versionArguments[name] ?? ['--version'])], {
    signal,
    timeoutMs: versionTimeoutMs,
    env: { LC_ALL: 'C' },
  });
  const first = `${result.stdout}\n${result.stderr}`.trim().split('\n', 1)[0] ?? '';
  return { name, path, version: parseAnyVersion(first) };
}

export async function findGdb(target: Target, signal: AbortSignal): Promise<Tool | undefined> {
  return await findOptional(target, 'gdb', signal);
}
