import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { messageOf } from '../errors.js';

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
  const child = execa(
    process.execPath,
    [`--max-old-space-size=${memoryMb}`, lab, ...args, '--json', '--quiet'],
    {
      ...{
        reject: false,
        stdin: 'ignore',
        cancelSignal: signal,
        timeout: timeLimitMs,
        forceKillAfterDelay: 5_000,
      },
      maxBuffer: 64 << 20,
    },
  );
  try {
    if (child.pid !== undefined && !hurry) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
  const result = await child;
  signal.throwIfAborted();
  if (result.timedOut) return { kind: 'failed', why: `not done within ${timeLimitMs / 1_000} s` };
  try {
    const document: unknown = JSON.parse(result.stdout);
    const why = errorIn(document);
    if (why !== undefined) return { kind: 'failed', why };
    return { kind: 'done', document, exitCode: result.exitCode ?? 70 };
  } catch (error) {
    const how = result.signal === undefined ? `exit code ${result.exitCode}` : `killed by ${result.signal}`;
    return { kind: 'failed', why: `${how}: ${result.stderr.trim().slice(-300) || messageOf(error)}` };
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
