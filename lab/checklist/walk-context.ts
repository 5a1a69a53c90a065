import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnosis, Finding } from '../analysis/model/diagnosis.js';
import type { CommandRecord } from '../store/command-record.js';
import type { Target } from '../targets/target.js';
import { notObserved } from './observation.js';

export interface WalkOptions {
  /** A Delve that fits the program's Go version. */
  readonly dlv: string;
  readonly exe: string;
  readonly core: string;
  /** The run's folder: the commands run in it. */
  readonly dir: string;
  readonly diagnosis: Diagnosis;
  readonly signal: AbortSignal;
  /**
   * Name of a file in `dir` for Delve's answer, `list_goroutines.json` when absent. An existing one is
   * written anew, unless there are so many goroutines that Delve would need minutes: then it is used.
   */
  readonly listFile?: string;
}

/** What every part of the walk needs. */
export interface WalkContext extends WalkOptions {
  readonly target: Target;
  readonly records: CommandRecord[];
  readonly listFile: string;
  /** The finding that the walk leads to. */
  readonly finding: Finding | undefined;
}

/** Delve colours what it prints unless the terminal is dumb; sort follows the locale. */
export const plainEnv = { TERM: 'dumb', LC_ALL: 'C' };

/** More goroutines than this are asked for in one page only: Delve needs minutes for a million. */
export const pageLimit = 20_000;

/** Reads and removes a helper's log. */
export async function takeLog(dir: string, name: string): Promise<string> {
  const path = join(dir, name);
  const text = await readFile(path, 'utf8').catch(() => '');
  await rm(path, { force: true });
  return text;
}

export const noFinding = notObserved('the diagnosis names no goroutine to look at');
