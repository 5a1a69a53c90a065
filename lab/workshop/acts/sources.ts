import { access, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { goServerFolder, projectRoot } from '../../paths.js';
import { findDelve, findGo, requireGo } from '../../toolchain/index.js';
import { environmentName, type Place } from '../place.js';
import { keptSources, programFiles } from '../program-files.js';
import { word } from '../word.js';

/** `sources`: the service's sources as its owners would have them, and what a terminal needs to know. */
export const sources = word('sources', z.strictObject({}), () => ({ run: writeSources }));

/** Writes a scenario's program into the working folder, which becomes a module of its own. */
export async function writeSources(place: Place): Promise<void> {
  const { folder } = place;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = keptSources(place);
  await copyFile(join(goServerFolder, 'go.mod'), join(folder, 'go.mod'));
  for (const { path, text } of await programFiles(place, 'as-is')) {
    for (const root of [folder, kept]) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
  }
  await requireGo(place.target, place.signal);
  await writeEnvironment(place);
}

/** `env.sh`, for the participant's terminals; the program was built with the Go that is here unless told. */
export async function writeEnvironment(place: Place, goVersion?: string): Promise<void> {
  await writeFile(join(place.folder, environmentName), await environmentOf(place, goVersion), {
    mode: 0o600,
  });
}

/** What a person's terminal is told: the tools that the lab found, and no debugger that asks the network. */
async function environmentOf({ target, signal }: Place, goVersion: string | undefined): Promise<string> {
  const go = await findGo(target, signal);
  const built = goVersion ?? (go === undefined ? undefined : `go${go.version}`);
  const delve =
    built === undefined ? undefined : await findDelve({ goVersion: built, install: false }, signal);
  const folders = [go, delve].flatMap((tool) => (tool === undefined ? [] : [dirname(tool.path)]));
  const autocannon = join(projectRoot, 'node_modules', '.bin', 'autocannon');
  const load = (await exists(autocannon)) ? [`autocannon() { ${quoted(autocannon)} "$@"; }`] : [];
  return [
    '# For the terminals of this lesson: . ./env.sh',
    ...(folders.length === 0 ? [] : [`export PATH=${quoted(folders.join(':'))}:"$PATH"`]),
    'export CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOTOOLCHAIN=local GOWORK=off',
    'unset DEBUGINFOD_URLS',
    // The lab as it is, without its set-up: a lesson must not begin to build or to install.
    `lab() { ${quoted(process.execPath)} ${quoted(join(projectRoot, 'dist', 'scripts', 'lab.js'))} "$@"; }`,
    ...load,
    '',
  ].join('\n');
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** One word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
