import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { gcoreFailure } from '../lab/capture/gcore.js';
import { LabError } from '../lab/errors.js';
import type { Program } from './truth.js';

/** One run of a program, seen by both. */
export interface Try {
  /** Taken where the program asked for its profile, before the runtime had marked anything. */
  readonly core: string;
  /** What the program wrote: the runtime's own profile. */
  readonly profile: string;
  /** From there to the program's end, milliseconds: the runtime's own search, and writing what it found. */
  readonly profileMs: number;
}

/** Of `runtime/pprof`; it begins the collection that marks goroutines. */
const writesProfile = 'runtime/pprof.writeGoroutineLeak';
const limitMs = 120_000;

/**
 * Runs a program up to its profile, takes a core there, and lets it go on. `undefined` where it ended without one.
 * Throws `missing-tool` without gdb, and what became of the core when gdb could not write it.
 */
export async function tryProgram(
  { exe, program, folder }: { readonly exe: string; readonly program: Program; readonly folder: string },
  signal: AbortSignal,
): Promise<Try | undefined> {
  const core = join(folder, 'core');
  const output = join(folder, 'profile.txt');
  const now = 'shell echo at $(date +%s%3N)';
  const argv = [
    ...['--nx', '--batch', '--readnever', '-iex', 'set debuginfod enabled off', '-iex', 'set auto-load off'],
    ...['-ex', 'set disable-randomization off', '-ex', 'handle SIGURG nostop noprint pass'],
    ...['-ex', `tbreak ${writesProfile}`, '-ex', `run ${program.name} > ${output}`],
    ...['-ex', `gcore ${core}`, '-ex', now, '-ex', 'continue', '-ex', now, exe],
  ];
  // As its own test has it.
  const env = { GODEBUG: 'asyncpreemptoff=1', ...(program.simple ? { GOMAXPROCS: '1' } : {}) };
  const result = await execa('gdb', argv, {
    ...{ env, reject: false, timeout: limitMs, cancelSignal: signal, cleanup: false, stdin: 'ignore' },
  });
  signal.throwIfAborted();
  if (result.code === 'ENOENT') {
    throw new LabError('gdb, which runs the programs and takes their cores, is not installed', {
      code: 'missing-tool',
      hint: 'sudo apt-get install gdb',
    });
  }
  if (!/Temporary breakpoint 1, /.test(result.stdout)) return undefined;
  const failure = gcoreFailure(
    {
      ...{
        argv: ['gdb', ...argv],
        stdout: result.stdout,
        stderr: result.stderr,
        exitCode: result.exitCode ?? null,
      },
      ...{ signal: result.signal ?? null, timedOut: result.timedOut, durationMs: result.durationMs },
    },
    0,
    undefined,
  );
  if (failure !== undefined) throw failure;
  const [from = 0, until = from] = [...result.stdout.matchAll(/^at (\d+)$/gm)].map(([, ms]) => Number(ms));
  return { core, profile: await readFile(output, 'utf8'), profileMs: until - from };
}
