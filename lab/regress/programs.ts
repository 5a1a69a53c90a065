import { constants, copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { scenarioNamed } from '../config.js';
import { type LabError, toLabError } from '../errors.js';
import { cacheFolder } from '../paths.js';
import { type BuiltServer, buildName, buildServer } from '../server/build.js';
import type { Target } from '../targets/target.js';
import type { GoTool } from '../toolchain/go.js';
import type { Variant } from './matrix.js';
import { schedule } from './scheduler.js';

export interface ProgramKey {
  readonly scenario: string;
  readonly variant: Variant;
  /** Version of Go. */
  readonly go: string;
}

/** A program, or why it could not be built. */
export type Program =
  | { readonly kind: 'built'; readonly server: BuiltServer }
  | { readonly kind: 'broken'; readonly error: LabError };

export interface BuildOptions {
  readonly target: Target;
  readonly gos: readonly GoTool[];
  /** Where the programs of this regression are kept. */
  readonly folder: string;
  readonly jobs: number;
  readonly onBuilt: (done: number) => void;
}

/**
 * Builds each program once, whatever many cells run it, into a folder of this regression: another one at the same
 * time never finds a program half written. What was built before is taken from the cache, where Go itself decides
 * whether it is still what it would build.
 */
export async function buildPrograms(
  keys: readonly ProgramKey[],
  { target, gos, folder, jobs, onBuilt }: BuildOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Program>> {
  const programs = new Map<string, Program>();
  const unique = [...new Map(keys.map((key) => [programName(key), key])).values()];
  await schedule(
    unique,
    { jobs, alone: () => false },
    async (key, both) => {
      const go = gos.find(({ version }) => version === key.go);
      if (go !== undefined) programs.set(programName(key), await buildOne(key, go, target, folder, both));
      onBuilt(programs.size);
    },
    signal,
  );
  return programs;
}

export function programName({ scenario, variant, go }: ProgramKey): string {
  return buildName({ version: go }, { name: scenario }, { build: 'default', fixed: variant === 'fixed' });
}

async function buildOne(
  key: ProgramKey,
  go: GoTool,
  target: Target,
  folder: string,
  signal: AbortSignal,
): Promise<Program> {
  const name = programName(key);
  const here = join(folder, name);
  const cached = join(cacheFolder(), 'servers', name, 'server');
  try {
    await mkdir(here, { recursive: true });
    const exe = join(here, 'server');
    await share(cached, exe).catch(() => {}); // nothing is cached yet
    const config = { build: 'default', fixed: key.variant === 'fixed' } as const;
    const server = await buildServer(target, go, scenarioNamed(key.scenario), config, signal, here);
    await publish(exe, cached);
    return { kind: 'built', server };
  } catch (thrown) {
    const error = toLabError(thrown);
    if (error.code === 'interrupted') throw error;
    return { kind: 'broken', error };
  }
}

/** Makes a second name for a file, or a copy on another file system. Go replaces what it builds, never writes into it. */
async function share(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw error;
    return copyFile(from, to, constants.COPYFILE_FICLONE);
  });
}

/** Puts what was built into the cache, whole or not at all. */
async function publish(exe: string, cached: string): Promise<void> {
  const [ours, theirs] = await Promise.all([stat(exe), stat(cached).catch(() => undefined)]);
  if (ours.ino === theirs?.ino && ours.dev === theirs.dev) return;
  if (ours.size === theirs?.size && ours.mtimeMs <= theirs.mtimeMs) return;
  await mkdir(dirname(cached), { recursive: true });
  const staging = `${cached}.${process.pid}`;
  await rm(staging, { force: true });
  await share(exe, staging);
  await rename(staging, cached);
  await rm(staging, { force: true }); // rename(2) leaves both names when they are one file
}
