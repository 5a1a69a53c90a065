import { pause } from '../deadline.js';
import type { ProcessExit, ProcessIdentity, TargetProcess } from './target.js';

export interface ProcessHandle {
  readonly identity: ProcessIdentity;
  /** Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Sends a signal to that very process; nothing happens when it is gone. */
  readonly send: (signal: NodeJS.Signals) => Promise<void>;
  /** Between TERM and KILL, milliseconds; and after KILL. */
  readonly graceMs: number;
}

/** A process as the stages hold it, wherever it runs. */
export function processHandle({ identity, exited, send, graceMs }: ProcessHandle): TargetProcess {
  let ended: ProcessExit | undefined;
  const settled = exited.then((exit) => {
    ended = exit;
    return exit;
  });
  const kill = async (name: NodeJS.Signals): Promise<void> => {
    if (ended === undefined) await send(name);
  };
  return {
    identity,
    exited: settled,
    exit: () => ended,
    kill,
    async [Symbol.asyncDispose]() {
      if (ended !== undefined) return;
      await kill('SIGCONT'); // a stopped process keeps TERM pending
      await kill('SIGTERM');
      await within(graceMs, settled);
      if (ended !== undefined) return;
      await kill('SIGKILL');
      await within(graceMs, settled);
    },
  };
}

/** Waits for the work, but no longer than `ms`. The timer keeps this process alive, since the child does not. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, pause(ms, done.signal)]);
  done.abort();
}
