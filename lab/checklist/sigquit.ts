import { z } from 'zod';
import { poll } from '../deadline.js';
import { type CommandRecord, commandRecordSchema, recordOf } from '../store/command-record.js';
import type { ProcessExit, Target, TargetProcess } from '../targets/target.js';
import { notObserved, observationOf, seen, unlessMissing } from './observation.js';

const quitSeen = z.object({
  /** Goroutines that the server printed into its log; those of the scheduler (id 0) are not counted. */
  goroutines: z.number().int(),
  /** Milliseconds from the signal to the end of the process; `null` when it went on living. */
  endedAfterMs: z.number().nullable(),
  /** In words: `exit status 2`, `signal SIGKILL`; `null` when it went on living. */
  ended: z.string().nullable(),
  /** How the lab ended what went on living, so that the core is all that is left; absent in runs of older versions. */
  endedThen: z.string().optional(),
  /** Line of the log where the answer to the signal begins, `null` when there is none. */
  line: z.number().int().nullable(),
  /** Length of the log afterwards. */
  bytes: z.number().int().optional(),
});

/** What the server did when it was asked for its goroutines with SIGQUIT. */
export const quitSchema = z.object({
  sigquit: observationOf(quitSeen),
  records: z.array(commandRecordSchema),
});

export type Quit = z.infer<typeof quitSchema>;

/** Milliseconds that a person waits for so many goroutines to be printed: one for each, but two minutes at most. */
export function patienceForDump(goroutines: number): number {
  return Math.min(5_000 + goroutines, 120_000);
}

/** Until an end that has happened is known here. */
const exitWithinMs = 10_000;

/** Time to look through some gigabytes. */
const grepWithinMs = 60_000;

export interface QuitOptions {
  readonly target: Target;
  readonly process: TargetProcess;
  /** The server's log on the target. */
  readonly logFile: string;
  readonly signal: AbortSignal;
  /** Milliseconds to wait for the end of the process. */
  readonly deadlineMs?: number;
}

/**
 * Sends SIGQUIT, upon which a Go program prints every goroutine to stderr and exits with status 2 (os/signal,
 * "Default behavior of signals in Go programs"), and looks at what came of it. One that is as stuck as the article's seemed to
 * be, or too slow for a person's patience, is ended then: the server is gone afterwards.
 */
export async function quitServer(options: QuitOptions): Promise<Quit> {
  const { process, signal, deadlineMs = patienceForDump(0) } = options;
  if (process.exit() !== undefined)
    return { sigquit: notObserved('the server had ended before'), records: [] };
  const startedAt = Date.now();
  const began = performance.now();
  await process.kill('SIGQUIT');
  const exit = await poll(() => process.exit(), { signal, deadlineMs, everyMs: 5 });
  const endedAfterMs = Math.round(performance.now() - began);
  return await quitFrom(options, exit, endedAfterMs, startedAt);
}

/** The same of a server that its capture ended with SIGQUIT: what it printed, and that it took so many milliseconds. */
export async function quitSeenBefore(options: QuitOptions, endedAfterMs: number): Promise<Quit> {
  const { process, signal } = options;
  const exit = await poll(() => process.exit(), { signal, deadlineMs: exitWithinMs, everyMs: 5 });
  return await quitFrom(options, exit, endedAfterMs, Date.now() - endedAfterMs);
}

async function quitFrom(
  options: QuitOptions,
  exit: ProcessExit | undefined,
  endedAfterMs: number,
  startedAt: number,
): Promise<Quit> {
  const { value: printed, records } = await readDump(options);
  const { process } = options;
  if (exit === undefined) await process[Symbol.asyncDispose]();
  const then = exit === undefined ? process.exit() : undefined;
  const value = {
    ...printed,
    endedAfterMs: exit === undefined ? null : endedAfterMs,
    ended: exit === undefined ? null : describeExit(exit),
    ...(then === undefined ? {} : { endedThen: describeExit(then) }),
  };
  const kill = killRecord(options.process.identity.pid, startedAt, exit);
  return { sigquit: seen(value), records: [kill, ...records] };
}

function describeExit(exit: ProcessExit): string {
  if (exit.kind === 'exited') return `exit status ${exit.exitCode}`;
  return exit.kind === 'killed' ? `signal ${exit.signal}` : 'gone';
}

function killRecord(pid: number, startedAt: number, exit: ProcessExit | undefined): CommandRecord {
  return {
    id: 'sigquit',
    pipeline: [['kill', '-QUIT', String(pid)]],
    note:
      exit === undefined ? 'the server went on living' : `the server ended at once: ${describeExit(exit)}`,
    ...{ exitCode: 0, signal: null, timedOut: false, stdout: '', stderr: '' },
    ...{ startedAt: new Date(startedAt).toISOString(), durationMs: 0 },
  };
}

/** What the log has to say. It is not read whole: of a large crowd it is longer than a string may be. */
async function readDump({ target, logFile, signal }: QuitOptions) {
  const startedAt = Date.now();
  const grep = (...args: string[]) =>
    target.exec(['grep', ...args, logFile], { signal, timeoutMs: grepWithinMs });
  const found = await unlessMissing('grep', async () => {
    const counted = await grep('-c', '^goroutine [1-9]');
    const head = await grep('-n', '-m', '1', 'SIGQUIT: quit');
    return seen({ record: recordOf(counted, { id: 'sigquit-count', startedAt }), head: head.stdout });
  });
  const size = await target.exec(['stat', '--format=%s', logFile], { signal });
  const bytes = size.exitCode === 0 ? { bytes: Number(size.stdout) } : {};
  if (found.kind !== 'seen') return { value: { goroutines: 0, line: null, ...bytes }, records: [] };
  const { record, head } = found.value;
  const line = /^(\d+):/.exec(head)?.[1];
  const goroutines = line === undefined ? 0 : Number(record.stdout);
  return {
    value: { goroutines, line: line === undefined ? null : Number(line), ...bytes },
    records: [record],
  };
}
