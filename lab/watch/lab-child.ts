import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../errors.js';
import { runProgram } from './run-program.js';

/** What a command of the lab came to. */
export type ChildEnd =
  | { readonly kind: 'done'; readonly document: unknown; readonly exitCode: number }
  | { readonly kind: 'failed'; readonly why: string };

export interface ChildLimits {
  /** It takes its share of the processors like the watch itself; otherwise everything else comes first. */
  readonly hurry?: boolean;
  /** Of Node's heap, megabytes. */
  readonly memoryMb: number;
  readonly timeLimitMs: number;
}

const lab = fileURLToPath(new URL('../../scripts/lab.js', import.meta.url));

/**
 * Does a command of the lab in a process of its own, with the least priority unless there is hurry: the watch itself stays
 * small, and outlives whatever becomes of it. It is asked for `--json`. Throws `interrupted`.
 */
export async function runLab(
  args: readonly string[],
  { hurry = false, memoryMb, timeLimitMs }: ChildLimits,
  signal: AbortSignal,
): Promise<ChildEnd> {
  const yieldToAll = (pid: number): void => {
    try {
      if (!hurry) setPriority(pid, constants.priority.PRIORITY_LOW);
    } catch {
      // It has ended already.
    }
  };
  const end = await runProgram(
    [process.execPath, `--max-old-space-size=${memoryMb}`, lab, ...args, '--json', '--quiet'],
    { timeLimitMs, maxBytes: 64 << 20, onPid: yieldToAll },
    signal,
  );
  if (end.timedOut) return { kind: 'failed', why: `not done within ${timeLimitMs / 1_000} s` };
  try {
    const document: unknown = JSON.parse(end.stdout);
    const why = errorIn(document);
    if (why !== undefined) return { kind: 'failed', why };
    return { kind: 'done', document, exitCode: end.exitCode ?? 70 };
  } catch (error) {
    const how = end.killedBy === undefined ? `exit code ${end.exitCode}` : `killed by ${end.killedBy}`;
    return { kind: 'failed', why: `${how}: ${end.stderr.trim().slice(-300) || messageOf(error)}` };
  }
}

/** `{"error": {"message": ..., "hint": ...}}` is what every command prints when it fails. */
function errorIn(document: unknown): string | undefined {
  if (typeof document !== 'object' || document === null || !('error' in document)) return undefined;
  const { error } = document;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  const hint = 'hint' in error && typeof error.hint === 'string' ? `; ${error.hint}` : '';
  return `${String(error.message)}${hint}`;
}
