import { z } from 'zod';
import type { ExecResult } from '../targets/target.js';

/**
 * One command that the lab really ran, with all that it printed, so that a reader can type it again.
 * `startedAt` is ISO 8601, UTC.
 */
export const commandRecordSchema = z.object({
  /** Unique in a run; the anchor of the command in `transcript.md`. */
  id: z.string(),
  /** One argument vector, or several joined by pipes. */
  pipeline: z.array(z.array(z.string())).min(1),
  cwd: z.string().optional(),
  /** What was typed into the program, line by line. */
  input: z.string().optional(),
  /** File that standard output went to, instead of to `stdout`. */
  stdoutFile: z.string().optional(),
  /** What a reader must know to believe the output. */
  note: z.string().optional(),
  /** `null` when a signal ended it, and while it runs on in the background. */
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  timedOut: z.boolean(),
  /** It went on while the next commands ran, as with `&`. */
  background: z.boolean().optional(),
  stdout: z.string(),
  stderr: z.string(),
  startedAt: z.string(),
  durationMs: z.number(),
});

export type CommandRecord = z.infer<typeof commandRecordSchema>;

export interface CommandContext {
  readonly id: string;
  /** Milliseconds of the Unix epoch. */
  readonly startedAt: number;
  readonly cwd?: string | undefined;
  readonly input?: string | undefined;
  readonly stdoutFile?: string | undefined;
  readonly note?: string | undefined;
}

/** What `Target.exec` returned, as a record. */
export function recordOf(result: ExecResult, context: CommandContext): CommandRecord {
  const { id, startedAt, cwd, input, stdoutFile, note } = context;
  return {
    id,
    pipeline: [[...result.argv]],
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
    ...(stdoutFile === undefined ? {} : { stdoutFile }),
    ...(note === undefined ? {} : { note }),
    exitCode: result.exitCode,
    signal: result.signal,
    timedOut: result.timedOut,
    stdout: stdoutFile === undefined ? result.stdout : '',
    stderr: result.stderr,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.round(result.durationMs),
  };
}
