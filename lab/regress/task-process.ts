import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { interrupted } from '../errors.js';
import { sweep } from './sweep.js';

export interface TaskProcess {
  /** A program of the lab that takes the task as JSON in its only argument and says lines of JSON. */
  readonly program: string;
  readonly task: unknown;
  readonly timeLimitMs: number;
  /** How the name of its own folder for temporary files begins. */
  readonly markPrefix: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line that is JSON. */
  readonly onLine: (line: unknown) => void;
}

/** How such a process ended; what it said is told line by line. */
export interface TaskEnd {
  /** It was ended since its time was over. */
  readonly late: boolean;
  /** `exit code 1: the last line of stderr`. */
  readonly how: string;
}

/** For the child to end its server and its debuggers itself. */
const graceMs = 4_000;

/**
 * Does a task in a process of its own, in a process group of its own. Whatever it started is gone when this
 * returns or throws `interrupted`: also after the child was killed.
 */
export async function runTask(
  { program, task, timeLimitMs, markPrefix, env = {}, onLine }: TaskProcess,
  signal: AbortSignal,
): Promise<TaskEnd> {
  if (signal.aborted) throw interrupted(signal.reason);
  const mark = await mkdtemp(join(tmpdir(), markPrefix));
  const ending = new AbortController();
  let late = false;
  const onAbort = (): void => ending.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => {
    late = true;
    ending.abort();
  }, timeLimitMs);
  try {
    const child = execa(process.execPath, [program, JSON.stringify(task)], {
      // A Ctrl-C at the terminal reaches it through us alone.
      detached: true,
      cleanup: true,
      stdin: 'pipe',
      buffer: { stdout: false },
      maxBuffer: { stderr: 64 * 1024 },
      reject: false,
      cancelSignal: ending.signal,
      forceKillAfterDelay: graceMs,
      env: { ...env, TMPDIR: mark },
    });
    const read = (async () => {
      for await (const text of createInterface({ input: child.stdout })) onLine(parseJson(text));
    })();
    // A grandchild may hold the child's output open.
    child.once('exit', () => void sweep(mark).catch(() => {}));
    const result = await child;
    await sweep(mark);
    await read.catch(() => {});
    if (signal.aborted) throw interrupted(signal.reason);
    const words = result.stderr.trim().split('\n').at(-1) ?? '';
    const how = result.signal === undefined ? `exit code ${result.exitCode}` : `killed by ${result.signal}`;
    return { late, how: words === '' ? how : `${how}: ${words.slice(0, 300)}` };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await sweep(mark);
    await rm(mark, { recursive: true, force: true }).catch(() => {});
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
