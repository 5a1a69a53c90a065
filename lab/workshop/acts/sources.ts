import { access, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { goServerFolder, projectRoot } from '../../paths.js';
import { findDelve, findGo, requireGo } from '../../toolchain/index.js';
import type { Place } from '../place.js';
import { word } from '../word.js';

/** `sources`: the service's sources as its owners would have them, and what a terminal needs to know. */
export const sources = word('sources', z.strictObject({}), () => ({ run: writeSources }));

/**
 * Copies a scenario's program into the working folder, which becomes a module of its own. What would give the
 * fault away stays behind: the repaired twin, tests, and what the comments say of the fault.
 */
export async function writeSources(place: Place): Promise<void> {
  const { folder, scenario } = place;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await copyFile(join(goServerFolder, 'go.mod'), join(folder, 'go.mod'));
  for (const name of [scenario.package, 'internal'])
    await copyFolder(join(goServerFolder, name), join(folder, name));
  await requireGo(place.target, place.signal);
  await writeEnvironment(place);
}

/** `env.sh`, for the participant's terminals; the program was built with the Go that is here unless told. */
export async function writeEnvironment(place: Place, goVersion?: string): Promise<void> {
  await writeFile(join(place.folder, 'env.sh'), await environmentOf(place, goVersion), { mode: 0o600 });
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const entries = await readdir(from, { withFileTypes: true });
  const names = new Set(entries.map(({ name }) => name));
  for (const entry of entries) {
    if (entry.isDirectory()) await copyFolder(join(from, entry.name), join(to, entry.name));
    else if (/_faulty\.go$/.test(entry.name)) {
      const plain = entry.name.replace(/_faulty\.go$/, '.go');
      const name = names.has(plain) ? entry.name.replace(/_faulty\.go$/, '_more.go') : plain;
      await writeFile(join(to, name), withoutHints(await readFile(join(from, entry.name), 'utf8')));
    } else if (/\.go$/.test(entry.name) && !/_(?:fixed|test)\.go$/.test(entry.name)) {
      await copyFile(join(from, entry.name), join(to, entry.name));
    }
  }
}

/** A source without the build constraint and without the paragraph in which a comment tells the fault. */
export function withoutHints(source: string): string {
  const lines: string[] = [];
  let inFault = false;
  for (const line of source.replace(/^\/\/go:build !fixed\n\n?/, '').split('\n')) {
    const comment = /^\s*\/\//.test(line);
    inFault = comment && (inFault ? !/^\s*\/\/\s*$/.test(line) : /^\s*\/\/ The fault:/.test(line));
    if (inFault) {
      // The empty line of comment before it goes with it.
      if (/^\s*\/\/\s*$/.test(lines.at(-1) ?? '')) lines.pop();
      continue;
    }
    lines.push(line);
  }
  return lines.join('\n');
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
