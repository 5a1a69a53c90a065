import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, sep } from 'node:path';
import { fileRefusal } from './file-refusal.js';
import { cacheFolder, runsFolder } from './paths.js';

/**
 * What went wrong, as a value to match on. Each code has one exit code (docs/runs.md, "Exit codes"):
 *
 * - `usage`: bad arguments or configuration, and input files that cannot be what they are said to be
 * - `missing-tool`, `missing-permission`, `port-taken`, `no-space`, `target`: the machine lacks something
 * - `build-failed`: the Go compiler refused the program
 * - `undecided`: evidence is incomplete, the question stays open
 * - `interrupted`: the caller's signal was aborted
 * - `internal`: everything else
 */
export type LabErrorCode =
  | 'usage'
  | 'missing-tool'
  | 'missing-permission'
  | 'port-taken'
  | 'no-space'
  | 'target'
  | 'build-failed'
  | 'undecided'
  | 'interrupted'
  | 'internal';

const exitCodes: Readonly<Record<LabErrorCode, number>> = {
  usage: 64,
  'missing-tool': 69,
  'missing-permission': 69,
  'port-taken': 69,
  'no-space': 69,
  target: 69,
  'build-failed': 70,
  undecided: 2,
  interrupted: 130,
  internal: 70,
};

export interface LabErrorOptions {
  readonly code: LabErrorCode;
  /** One action to take, as a sentence or a command. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The lab's only error class. The message says what failed; the hint is the one thing to do about it. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: LabErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, options: LabErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Wraps anything that was thrown; aborted signals become `interrupted`, whoever aborted them, the rest `internal`. */
export function toLabError(error: unknown): LabError {
  if (error instanceof LabError) return error;
  if (error instanceof Error && /^(Abort|Timeout)Error$/.test(error.name)) return interrupted(error);
  return ofFileSystem(error) ?? new LabError(messageOf(error), { code: 'internal', cause: error });
}

/** A disk that is full or may not be written to, or a temporary folder that is not there, met where nobody expected it. */
function ofFileSystem(error: unknown): LabError | undefined {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  const where = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  const variable = where === undefined ? undefined : variableOf(where);
  const refusal = fileRefusal(error);
  if (refusal === 'full') {
    return new LabError(where === undefined ? 'a disk is full' : `the disk is full: ${where}`, {
      code: 'no-space',
      hint: `free some space, or ${variable === undefined ? 'work in a folder' : `set ${variable} to one`} on another disk`,
      cause: error,
    });
  }
  if (where === undefined) return undefined;
  if (variable === 'TMPDIR' && error.code === 'ENOENT' && !existsSync(dirname(where))) {
    return new LabError(`the temporary folder ${dirname(where)} does not exist`, {
      code: 'usage',
      hint: 'set TMPDIR to a folder that exists',
      cause: error,
    });
  }
  if (refusal !== 'forbidden') return undefined;
  return new LabError(`${where} may not be used: ${error.message}`, {
    code: 'missing-permission',
    hint:
      variable === undefined
        ? 'run the same command as the user who may, or choose another place'
        : `set ${variable} to a folder that you may write to`,
    cause: error,
  });
}

/** The variable that moves the folder in which a file lies. */
function variableOf(file: string): string | undefined {
  const folders = [
    ['LAB_RUNS', runsFolder()],
    ['LAB_CACHE', cacheFolder()],
    ['TMPDIR', tmpdir()],
  ] as const;
  return folders.find(([, folder]) => file === folder || file.startsWith(`${folder}${sep}`))?.[0];
}

/** The error of a command that was ended by Ctrl-C or by its caller. */
export function interrupted(cause?: unknown): LabError {
  return new LabError('interrupted', { code: 'interrupted', cause });
}

/** What a person is told of an `interrupted` that was nobody's Ctrl-C: some deadline passed. Others stay as they are. */
export function outOfTime(error: LabError): LabError {
  if (error.code !== 'interrupted') return error;
  const late = [error, error.cause].find((one) => one instanceof Error && one.name === 'TimeoutError');
  return new LabError(
    `something that was waited for did not come${late === undefined ? '' : `: ${messageOf(late)}`}`,
    {
      code: 'target',
      hint: 'look whether the machine is overloaded or cannot be reached, then run the same command again',
      cause: error,
      details: error.details,
    },
  );
}
