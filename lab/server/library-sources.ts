import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { LabError } from '../errors.js';
import { quoteWord } from '../quote-word.js';
import type { Target } from '../targets/target.js';
import { goEnvironment } from '../toolchain/go.js';

export interface LibraryRequest {
  readonly target: Target;
  /** Path of the `go` that builds. */
  readonly go: string;
  /** Package path as in `go build`, and the folder of the target where it is meant. */
  readonly package: string;
  readonly cwd: string;
  /** Folder of the target for an archive that is removed again. */
  readonly folder: string;
  /** Folder of this machine that becomes the `GOROOT` of those sources. */
  readonly to: string;
}

/** Tells which experiments are on by default in that Go, and so which files of a package were compiled. */
const experiments = 'internal/buildcfg';

/** Go files of the standard library that the package is made of, one path a line. */
const template = '{{if .Standard}}{{range .GoFiles}}{{$.Dir}}/{{.}}\n{{end}}{{end}}';

/**
 * Brings home those files of the target's Go library that are compiled into a program, below `to` as below
 * `GOROOT`; the analysis reads them like the program's own. Nothing is brought where this machine has the very
 * same Go at the same place. Returns whether something was.
 */
export async function bringLibrarySources(request: LibraryRequest, signal: AbortSignal): Promise<boolean> {
  const { target, go, folder, to } = request;
  const ask = async (argv: readonly string[], input?: string): Promise<string> => {
    const options = { signal, cwd: request.cwd, env: { CGO_ENABLED: '0', ...goEnvironment, GOWORK: 'off' } };
    const result = await target.exec(argv, input === undefined ? options : { ...options, input });
    if (result.exitCode === 0) return result.stdout;
    throw new LabError(`${argv.slice(0, 2).join(' ')} failed on ${target.name}: ${result.stderr.trim()}`, {
      code: 'target',
      hint: `look whether the Go there is whole: ${quoteWord(go)} list std`,
    });
  };
  const root = (await ask([go, 'env', 'GOROOT'])).trim();
  if (await isHere(target, root, signal)) return false;
  const files = (await ask([go, 'list', '-deps', '-f', template, request.package, experiments]))
    .split('\n')
    .filter((path) => path.startsWith(`${root}/`))
    .map((path) => path.slice(root.length + 1));
  const archive = join(folder, `library-${process.pid}.tar.gz`);
  const local = `${to}.tar.gz`;
  try {
    await ask(
      ['tar', '--create', '--gzip', `--directory=${root}`, `--file=${archive}`, '--files-from=-'],
      files.join('\n'),
    );
    await target.download(archive, local, { signal });
    await unpack(local, to);
  } finally {
    await rm(local, { force: true });
    await target
      .exec(['rm', '-f', '--', archive], { signal: AbortSignal.timeout(10_000) })
      .catch(() => undefined);
  }
  return true;
}

/** Whether this machine has the same Go at that place. */
async function isHere(target: Target, root: string, signal: AbortSignal): Promise<boolean> {
  const version = await target.readFile(join(root, 'VERSION'), signal);
  const own = await readFile(join(root, 'VERSION'), 'utf8').catch(() => undefined);
  return own !== undefined && own === version && existsSync(join(root, 'src'));
}

async function unpack(archive: string, to: string): Promise<void> {
  const reader = extract();
  const unpacking = pipeline(createReadStream(archive), createGunzip(), reader);
  // Its failure is met below; until then it must not count as unhandled.
  unpacking.catch(() => undefined);
  for await (const entry of reader) {
    const name = normalize(entry.header.name);
    if (entry.header.type !== 'file' || name.startsWith('..') || name.startsWith('/')) {
      entry.resume();
      continue;
    }
    const path = join(to, name);
    await mkdir(dirname(path), { recursive: true });
    await pipeline(entry, createWriteStream(path));
  }
  await unpacking;
}
