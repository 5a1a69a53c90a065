import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { interrupted } from '../errors.js';
import { sweep } from './sweep.js';
import { type Failure, type Line, lineSchema, markPrefix, type Outcome, type Task } from './wire.js';

/** How the process of a cell ended. */
export type CellEnd =
  | { readonly kind: 'done'; readonly outcome: Outcome }
  /** Its work broke, and it said why. */
  | { readonly kind: 'failed'; readonly error: Failure; readonly stage: string | undefined }
  /** It was ended since its time was over. */
  | { readonly kind: 'late'; readonly stage: string | undefined }
  /** It ended without a word on what it came to. */
  | { readonly kind: 'died'; readonly how: string; readonly stage: string | undefined };

export interface CellProcessOptions {
  readonly timeLimitMs: number;
  /** Where its runs are kept. */
  readonly runs: string;
  readonly onStage: (stage: string) => void;
}

const program = fileURLToPath(new URL('./cell-child.js', import.meta.url));
/** For the child to end its server and its debuggers itself. */
const graceMs = 4_000;

/**
 * Does a cell's task in a process of its own, in a process group of its own. Whatever it started is gone when this
 * returns or throws `interrupted`: also after the child was killed.
 */
export async function runCellProcess(
  task: Task,
  { timeLimitMs, runs, onStage }: CellProcessOptions,
  signal: AbortSignal,
): Promise<CellEnd> {
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
  let stage: string | undefined;
  let said: Line | undefined;
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
      env: { TMPDIR: mark, LAB_RUNS: runs },
    });
    const read = (async () => {
      for await (const text of createInterface({ input: child.stdout })) {
        const line = lineSchema.safeParse(parseJson(text));
        if (!line.success) continue;
        if (line.data.type === 'stage') {
          stage = line.data.stage;
          onStage(stage);
        } else {
          said = line.data;
        }
      }
    })();
    // A grandchild may hold the child's output open.
    child.once('exit', () => void sweep(mark).catch(() => {}));
    const result = await child;
    await sweep(mark);
    await read.catch(() => {});
    if (signal.aborted) throw interrupted(signal.reason);
    // What it could still say in its last moment is worth more than that its time was over.
    if (said?.type === 'done') return { kind: 'done', outcome: said.outcome };
    if (late) return { kind: 'late', stage };
    if (said?.type === 'failed') return { kind: 'failed', error: said.error, stage: said.stage ?? stage };
    const words = result.stderr.trim().split('\n').at(-1) ?? '';
    const how = result.signal === undefined ? `exit code ${result.exitCode}` : `killed by ${result.signal}`;
    return { kind: 'died', how: words === '' ? how : `${how}: ${words.slice(0, 300)}`, stage };
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
