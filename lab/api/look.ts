import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Roster } from '../analysis/model/roster.js';
import type { Look } from '../compare/model.js';
import { readCoreHeader } from '../core/core-file.js';
import { readExecutable } from '../core/executable.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { findModule } from '../source/find-module.js';
import { inTheirWords, openInputs } from '../unpack/inputs.js';
import type { AnalyzeOptions, CoreInput, DumpInput, LookInput, TextInput } from './inputs.js';
import { dumpsIn } from './parse-dump.js';

/** Diagnoses each moment that the input has: one of a core, and of a text as many as dumps are in it. */
export async function looksOf(input: LookInput, options: AnalyzeOptions): Promise<readonly Look[]> {
  return 'core' in input ? [await coreLook(input, options)] : await dumpLooks(input, options);
}

async function coreLook(input: CoreInput, options: AnalyzeOptions): Promise<Look> {
  const { emit, signal } = means(options);
  const { analyzeCore } = await import('../analysis/analyze-core.js');
  const telling = {
    onProgress: (text: string) => emit({ type: 'progress', stage: 'analyze', text }),
    onNote: (text: string) => emit({ type: 'note', text }),
  };
  await using inputs = await openInputs(input, telling, signal);
  const exe = resolve(inputs.exe);
  let roster: Roster | undefined;
  const { source = true, goRoot } = options;
  const files = {
    ...{ exe, core: inputs.core, taken: inputs.taken, noSource: !source },
    sourceMap: source ? await sourceMapOf(exe, options, signal) : [],
    ...(goRoot === undefined ? {} : { goRoot: resolve(goRoot) }),
    onRoster: (read: Roster) => {
      roster = read;
    },
  };
  const diagnosis = await inTheirWords(inputs, () => analyzeCore(files, emit, signal));
  const { pid } = await readCoreHeader(inputs.core, signal);
  return { name: input.core, kind: 'core', time: inputs.taken, pid, diagnosis, roster };
}

async function dumpLooks(input: DumpInput | TextInput, options: AnalyzeOptions): Promise<readonly Look[]> {
  const { emit, signal } = means(options);
  const { analyzeDump } = await import('../analysis/analyze-dump.js');
  const dumps = await dumpsIn(input, signal);
  const name = 'dump' in input ? input.dump : 'the text';
  const written = dumps.length === 1 && existsSync(name) ? statSync(name).mtime : undefined;
  const { source = true, sourceMap, goRoot } = options;
  const looks: Look[] = [];
  for (const [i, dump] of dumps.entries()) {
    let roster: Roster | undefined;
    const files = {
      ...{ name, exe: input.exe, noSource: !source, sourceMap, taken: written },
      ...(goRoot === undefined ? {} : { goRoot: resolve(goRoot) }),
      onRoster: (read: Roster) => {
        roster = read;
      },
    };
    const diagnosis: Diagnosis = await analyzeDump(dump, files, emit, signal);
    const called = dumps.length === 1 ? name : `${name} (${i + 1} of ${dumps.length})`;
    looks.push({ name: called, kind: 'dump', time: dump.time ?? written, diagnosis, roster });
  }
  return looks;
}

/** What was asked for, and where the module of a program lies that does not say so itself. */
async function sourceMapOf(exe: string, { sourceMap = [] }: AnalyzeOptions, signal: AbortSignal) {
  const { build } = await readExecutable(exe, signal);
  const found = build === undefined ? undefined : await findModule(build);
  return found === undefined || sourceMap.some(({ from }) => found.from.startsWith(from))
    ? sourceMap
    : [...sourceMap, found];
}

function means({ onEvent, signal }: AnalyzeOptions): { readonly emit: Emit; readonly signal: AbortSignal } {
  return { emit: onEvent ?? (() => undefined), signal: signal ?? new AbortController().signal };
}

/** The last of them: what a process did before is of interest only beside it. */
export function lastOf(looks: readonly Look[]): Look {
  const last = looks.at(-1);
  if (last === undefined) throw new LabError('no goroutine dump is in it', { code: 'usage' });
  return last;
}
