import type { Diagnosis, Finding } from '../analysis/model/diagnosis.js';
import type { CommandRecord } from '../store/command-record.js';
import type { Target } from '../targets/target.js';
import { notObserved } from './observation.js';

export interface WalkOptions {
  /** Where the commands are typed; this machine unless named. */
  readonly target?: Target;
  /** A Delve of that machine that fits the program's Go version. */
  readonly dlv: string;
  /** Files of that machine. */
  readonly exe: string;
  readonly core: string;
  /** Folder of that machine: the commands run in it. */
  readonly dir: string;
  /** The run's folder here, when that is another one: Delve's answer is kept in it. */
  readonly home?: string;
  readonly diagnosis: Diagnosis;
  readonly signal: AbortSignal;
  /**
   * Name of a file in `home` for Delve's answer, `list_goroutines.json` when absent. An existing one is
   * written anew, unless there are so many goroutines that Delve would need minutes: then it is used.
   */
  readonly listFile?: string;
}

/** What every part of the walk needs. */
export interface WalkContext extends WalkOptions {
  readonly target: Target;
  readonly home: string;
  readonly records: CommandRecord[];
  readonly listFile: string;
  /** The finding that the walk leads to. */
  readonly finding: Finding | undefined;
}

/** Delve colours what it prints unless the terminal is dumb; sort follows the locale. */
export const plainEnv = { TERM: 'dumb', LC_ALL: 'C' };

/** More goroutines than this are asked for in one page only: Delve needs minutes for a million. */
export const pageLimit = 20_000;

/** How much longer a command may take on the target than on this machine: it may be an emulated one. */
export const patienceFor = ({ kind }: Pick<Target, 'kind'>): number => (kind === 'local' ? 1 : 3);

export const noFinding = notObserved('the diagnosis names no goroutine to look at');
