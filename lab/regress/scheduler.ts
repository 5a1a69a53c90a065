import { interrupted } from '../errors.js';

export interface ScheduleOptions<T> {
  /** How many may run at once. */
  readonly jobs: number;
  /** Whether a task needs the machine for itself. */
  readonly alone: (task: T) => boolean;
}

/**
 * Runs every task once: first those that need the machine for themselves, one by one, then the others, so many at
 * once as there are jobs, in their order. The first one that throws ends the rest and is thrown on, when all that
 * run have ended; so does an abort.
 */
export async function schedule<T>(
  tasks: readonly T[],
  { jobs, alone }: ScheduleOptions<T>,
  run: (task: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const failing = new AbortController();
  const both = AbortSignal.any([signal, failing.signal]);
  let failure: unknown;
  const work = async (queue: T[]): Promise<void> => {
    for (let task = queue.shift(); task !== undefined && !both.aborted; task = queue.shift()) {
      try {
        await run(task, both);
      } catch (error) {
        failure ??= error;
        failing.abort(error);
      }
    }
  };
  await work(tasks.filter(alone));
  const rest = tasks.filter((task) => !alone(task));
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, () => work(rest)));
  if (signal.aborted) throw interrupted(signal.reason);
  if (failure !== undefined) throw failure;
}
