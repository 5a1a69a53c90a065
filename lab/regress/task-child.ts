import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { interrupted } from '../errors.js';

export interface TaskChild {
  /** Aborted by a signal, and by the end of the parent, which closes this process's input. */
  readonly signal: AbortSignal;
  /** A line for the parent. */
  say(line: unknown): void;
  /** The last line; the process ends with it. */
  end(line: unknown): void;
}

/**
 * This process is one task of many: whatever becomes of it, it harms itself alone. `what` is the parent, as messages call it; a temporary
 * folder whose name begins with `mark` is the task's own, and goes with it.
 */
export function taskChild(what: string, mark: string): TaskChild {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(name, () => controller.abort(interrupted(name)));
  let orphaned = false;
  process.stdin.on('error', () => {});
  process.stdin.on('close', () => {
    orphaned = true;
    controller.abort(interrupted(`${what} is gone`));
  });
  process.stdin.resume();
  process.stdout.on('error', () => {}); // nobody listens any more
  const write = (line: unknown, then?: () => void) => process.stdout.write(`${JSON.stringify(line)}\n`, then);
  return {
    signal: controller.signal,
    say: (line) => void write(line),
    end: (line) =>
      void write(line, () => {
        // Else the parent does it.
        if (orphaned && basename(tmpdir()).startsWith(mark))
          rmSync(tmpdir(), { recursive: true, force: true });
        process.exit(0);
      }),
  };
}
