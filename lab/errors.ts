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
export const labErrorCodes = [
  'usage',
  'missing-tool',
  'missing-permission',
  'port-taken',
  'no-space',
  'target',
  'build-failed',
  'undecided',
  'interrupted',
  'internal',
] as const;

export type LabErrorCode = (typeof labErrorCodes)[number];

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
  return (
    ofFileSystem(error) ??
    ofMemory(error) ??
    new LabError(messageOf(error), { code: 'internal', hint: faultOfTheLab, cause: error })
  );
}

const faultOfTheLab =
  'this is a fault of the lab: run the same command again with LAB_DEBUG=1, and report what it prints';

/** What can always be done about an error that came without advice. */
const lastAdvice: Readonly<Record<LabErrorCode, string>> = {
  usage: 'see what the command takes: npx lab COMMAND --help',
  'missing-tool': 'see what is missing: npx lab doctor',
  'missing-permission': 'see what is missing: npx lab doctor',
  'port-taken': 'let the kernel choose a port: 0',
  'no-space': 'free some space: npx lab clean',
  target: 'look whether the machine is overloaded or cannot be reached, then run the same command again',
  'build-failed': 'repair what the compiler names, then run the same command again',
  undecided: 'run the same command again',
  interrupted: 'run the same command again',
  internal: faultOfTheLab,
};

/** The error with an action to take, whoever threw it; what was interrupted needs none. */
export function withAdvice(error: LabError): LabError {
  if (error.hint !== undefined || error.code === 'interrupted') return error;
  const { message, code, cause, details } = error;
  return new LabError(message, { code, hint: lastAdvice[code], cause, details });
}

/** Node, V8 and WebAssembly each say it in words of their own. */
function ofMemory(error: unknown): LabError | undefined {
  const said = messageOf(error);
  const isShort =
    /out of memory|could not allocate memory|cannot allocate|allocation failed|Invalid string length/i.test(
      said,
    );
  if (!isShort && !(error instanceof Error && 'code' in error && error.code === 'ENOMEM')) return undefined;
  return new LabError(`there is too little memory for this: ${said.split('\n')[0]}`, {
    code: 'no-space',
    hint: 'end other programs, or raise the limit: ulimit -v unlimited',
    cause: error,
  });
}

/** What a path can be that nobody expected. */
const strangePaths: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of it is no folder',
  EISDIR: 'it is a folder',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'its name is too long',
};

/** A disk that is full or may not be written to, or a temporary folder that is not there, met where nobody expected it. */
function ofFileSystem(error: unknown): LabError | undefined {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  const where = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  const variable = where === undefined ? undefined : variableOf(where);
  const refusal = fileRefusal(error);
  if (error.code === 'EMFILE' || error.code === 'ENFILE') {
    return new LabError('too many files are open', {
      code: 'missing-permission',
      hint: 'raise the limit: ulimit -n 4096',
      cause: error,
    });
  }
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
  const strange = strangePaths[String(error.code)];
  if (strange !== undefined) {
    return new LabError(`${where} cannot be used: ${strange}`, {
      code: 'usage',
      hint: 'look whether it was moved or removed, then run the same command again',
      cause: error,
    });
  }
  if (error.code === 'EIO') {
    return new LabError(`the disk does not give or take ${where}: ${error.message}`, {
      code: 'target',
      hint: 'look what the kernel says of the disk: sudo dmesg | tail',
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
