import { poll } from '../deadline.js';
import type { Emit } from '../events.js';
import { wasLost } from '../targets/again.js';
import type { Target } from '../targets/target.js';

/** Milliseconds for the debugger of a lost connection to let go of the process. */
const letGoWithinMs = 60_000;

/**
 * Does what a debugger does on the target, and once more when the connection was lost meanwhile: the target ends what
 * belonged to that connection, and the process lives on.
 */
export async function onceMore<T>(
  target: Target,
  pid: number,
  work: () => Promise<T>,
  emit: Emit,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!wasLost(error) || signal.aborted) throw error;
    emit({ type: 'note', text: `the connection to ${target.name} was lost: the core is taken once more` });
    const free = await poll(async () => (await isTraced(target, pid, signal)) === false || undefined, {
      signal,
      deadlineMs: letGoWithinMs,
      everyMs: 200,
    });
    if (free === undefined) throw error;
    return await work();
  }
}

/** Whether a debugger holds the process; `undefined` when it is gone. */
async function isTraced(target: Target, pid: number, signal: AbortSignal): Promise<boolean | undefined> {
  const status = await target.readFile(`/proc/${pid}/status`, signal);
  const tracer = /^TracerPid:\s+(\d+)/m.exec(status ?? '')?.[1];
  return tracer === undefined ? undefined : tracer !== '0';
}
