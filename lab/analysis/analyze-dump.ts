import { readExecutable } from '../core/executable.js';
import { localFiles } from '../dump/local-files.js';
import type { Dump } from '../dump/model.js';
import { programOf } from '../dump/program.js';
import type { Emit } from '../events.js';
import { allPrintable } from '../printable.js';
import { analyze } from './analyze.js';
import type { Diagnosis } from './model/diagnosis.js';
import type { LeakProfile } from './model/leak-profile.js';
import type { Roster } from './model/roster.js';
import { groupsOfDump, rosterOfDump } from './read/dump/signatures.js';
import { dumpEngine } from './read/dump-engine.js';
import { openSourcesOf } from './read/open-sources.js';
import { notWanted } from './read/process-facts.js';

export interface AnalyzeDumpOptions {
  /** What the dump is called: its file, its address. */
  readonly name: string;
  /** An executable of the program; one is built of the sources when it is not given. */
  readonly exe?: string | undefined;
  /** A folder with the program's sources, where the dump's paths do not lead to them. */
  readonly source?: string | undefined;
  readonly sourceMap?: readonly { readonly from: string; readonly to: string }[] | undefined;
  readonly goRoot?: string | undefined;
  readonly noSource?: boolean | undefined;
  /** Path of the helper that reads sources; one that fits is found or built when not given. */
  readonly facts?: string | undefined;
  /** The runtime's own leak profile of the process. */
  readonly leakProfile?: LeakProfile | undefined;
  /** When the dump was taken, where it does not tell that itself. */
  readonly taken?: Date | undefined;
  /** Called with which goroutines each group has, as far as the dump was kept; not for a form without their numbers. */
  readonly onRoster?: ((roster: Roster) => void) | undefined;
}

/** Diagnoses a goroutine dump, by its text and the program's sources. */
export async function analyzeDump(
  dump: Dump,
  options: AnalyzeDumpOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const began = performance.now();
  const { noSource = false, name } = options;
  const program = noSource ? notWanted : await programOf(dump, options, emit, signal);
  const isHere = typeof program !== 'string';
  const exe = isHere ? await readExecutable(program.exe, signal) : undefined;
  const groups = groupsOfDump(dump, isHere ? localFiles(program) : (_, file) => file);
  const found = exe ?? (isHere ? '' : program);
  await using sources = openSourcesOf(found, { ...options, exe: exe?.path ?? '' }, emit, signal);
  await using engine = dumpEngine({ name, dump, groups, exe: options.exe === undefined ? undefined : exe });
  const { leakProfile, taken } = options;
  const beside = { leakProfile, taken: dump.time ?? taken };
  const diagnosis = await analyze({ engine, sources, began }, beside, emit, signal);
  signal.throwIfAborted();
  if (dump.form === 'traceback') options.onRoster?.(rosterOfDump(groups));
  return allPrintable(diagnosis);
}
