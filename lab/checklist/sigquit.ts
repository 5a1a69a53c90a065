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
  /** Line of the log where the answer to the signal begins, `null` when there is none. */
  line: z.number().int().nullable(),
});

/** What the server did when it was asked for its goroutines with SIGQUIT. */
export const quitSchema = z.object({
  sigquit: observationOf(quitSeen),
  records: z.array(commandRecordSchema),
});

export type Quit = z.infer<typeof quitSchema>;

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
 * "Default behavior of signals in Go programs"), and looks at what came of it. The server is gone afterwards,
 * unless it is as stuck as the article's seemed to be: then it is left as it is.
 */
export async function quitServer(options: QuitOptions): Promise<Quit> {
  const { target, process, logFile, signal, deadlineMs = 5_000 } = options;
  if (process.exit() !== undefined)
    return { sigquit: notObserved('the server had ended before'), records: [] };
  const startedAt = Date.now();
  const began = performance.now();
  await process.kill('SIGQUIT');
  const exit = await poll(() => process.exit(), { signal, deadlineMs, everyMs: 5 });
  const endedAfterMs = Math.round(performance.now() - began);
  const log = (await target.readFile(logFile, signal)) ?? '';
  const at = log.indexOf('SIGQUIT: quit');
  const dump = at === -1 ? '' : log.slice(at);
  const records = [killRecord(process.identity.pid, startedAt, exit), ...(await countWithGrep(options))];
  const value = {
    goroutines: dump.match(/^goroutine [1-9]\d* /gm)?.length ?? 0,
    endedAfterMs: exit === undefined ? null : endedAfterMs,
    ended: exit === undefined ? null : describeExit(exit),
    line: at === -1 ? null : log.slice(0, at).split('\n').length,
  };
  return { sigquit: seen(value), records };
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

async function countWithGrep({ target, logFile, signal }: QuitOptions): Promise<CommandRecord[]> {
  const startedAt = Date.now();
  const counted = await unlessMissing('grep', async () => {
    const argv = ['grep', '-c', '^goroutine [1-9]', logFile];
    return seen(
      recordOf(await target.exec(argv, { signal, timeoutMs: 5_000 }), { id: 'sigquit-count', startedAt }),
    );
  });
  return counted.kind === 'seen' ? [counted.value] : [];
}
