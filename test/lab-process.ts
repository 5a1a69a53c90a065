import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import { poll } from '../lab/deadline.js';
import { projectRoot } from '../lab/paths.js';
import { type ProcessRow, processTable } from './process-table.js';

export interface LabResult {
  readonly exitCode: number | undefined;
  /** That ended it before it could answer. */
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LabProcess {
  readonly pid: number;
  readonly ended: Promise<LabResult>;
  /** Resolves once stderr holds the text; throws with all of stderr when the lab ends or the time (60 s) passes first. */
  said(text: string, withinMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** The same for all of its process group, as a terminal does; only of one that has a group of its own. */
  killGroup(signal: NodeJS.Signals): void;
  /** Processes that this lab started, directly or not, and that still run. */
  children(): readonly ChildProcess[];
  /** The first child whose command line matches; waits for it, a minute unless told otherwise. */
  child(pattern: RegExp, withinMs?: number): Promise<ChildProcess>;
}

export interface ChildProcess {
  readonly pid: number;
  readonly commandLine: string;
}

export interface StartLab {
  /** Started instead of the lab, with the lab's command line as further arguments. */
  readonly inFront?: readonly string[];
  readonly ownGroup?: boolean;
}

const mark = 'LAB_TEST_MARK';
const { signal } = new AbortController();

/**
 * Starts `lab` as a user does. Whatever it starts inherits a mark in its environment, or, like Delve, which gets
 * an empty one, names a file below `LAB_RUNS`: nothing can hide.
 */
export function startLab(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { inFront = [], ownGroup = false }: StartLab = {},
): LabProcess {
  const id = randomUUID();
  const [file, ...rest] = [...inFront, 'node', join(projectRoot, 'dist/scripts/lab.js'), ...args];
  const child = execa(file as string, rest, {
    reject: false,
    stdin: 'ignore',
    detached: ownGroup,
    env: { NO_COLOR: '1', ...env, [mark]: id },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('lab did not start');
  let stderr = '';
  let done = false;
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = child.then((result) => {
    done = true;
    return { exitCode: result.exitCode, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
  });
  const runs = env['LAB_RUNS'];
  const children = (): ChildProcess[] =>
    processes(
      ({ environment, commandLine }) =>
        environment.includes(`${mark}=${id}`) || (runs !== undefined && commandLine.includes(runs)),
    ).filter((one) => one.pid !== pid);
  return {
    pid,
    ended,
    async said(text, withinMs = 60_000) {
      const seen = await poll(() => (stderr.includes(text) || done ? true : undefined), {
        signal,
        deadlineMs: withinMs,
        everyMs: 5,
      });
      if (seen === undefined || !stderr.includes(text))
        throw new Error(`lab never said "${text}":\n${stderr}`);
    },
    kill: (name) => {
      process.kill(pid, name);
    },
    killGroup: (name) => {
      process.kill(-pid, name);
    },
    children,
    async child(pattern, withinMs = 60_000) {
      const found = await poll(() => children().find(({ commandLine }) => pattern.test(commandLine)), {
        signal,
        deadlineMs: withinMs,
        everyMs: 2,
      });
      if (found === undefined) throw new Error(`no child matches ${pattern}:\n${stderr}`);
      return found;
    },
  };
}

/** Runs `lab` to its end. */
export async function lab(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<LabResult> {
  return await startLab(args, env).ended;
}

/** Waits until none is left: a killed process stays in the table until its parent has looked. */
export async function orphansOf(process: LabProcess): Promise<readonly string[]> {
  const gone = await poll(() => (process.children().length === 0 ? true : undefined), {
    signal,
    deadlineMs: 3_000,
    everyMs: 20,
  });
  return gone === true ? [] : process.children().map(({ commandLine }) => commandLine);
}

function processes(match: (row: ProcessRow) => boolean): ChildProcess[] {
  return processTable()
    .filter(match)
    .map(({ pid, commandLine }) => ({ pid, commandLine }));
}
