import { fileURLToPath } from 'node:url';
import { runTask } from './task-process.js';
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

/** Does a cell's task in a process of its own; throws `interrupted`. */
export async function runCellProcess(
  task: Task,
  { timeLimitMs, runs, onStage }: CellProcessOptions,
  signal: AbortSignal,
): Promise<CellEnd> {
  let stage: string | undefined;
  let said: Line | undefined;
  const onLine = (text: unknown): void => {
    const line = lineSchema.safeParse(text);
    if (!line.success) return;
    if (line.data.type === 'stage') {
      stage = line.data.stage;
      onStage(stage);
    } else {
      said = line.data;
    }
  };
  const env = { LAB_RUNS: runs };
  const { late, how } = await runTask({ program, task, timeLimitMs, markPrefix, env, onLine }, signal);
  return endOf(said, { late, how, stage });
}

/** What it could still say in its last moment is worth more than that its time was over. */
function endOf(
  said: Line | undefined,
  { late, how, stage }: { late: boolean; how: string; stage: string | undefined },
): CellEnd {
  if (said?.type === 'done') return { kind: 'done', outcome: said.outcome };
  if (late) return { kind: 'late', stage };
  if (said?.type === 'failed') return { kind: 'failed', error: said.error, stage: said.stage ?? stage };
  return { kind: 'died', how, stage };
}
