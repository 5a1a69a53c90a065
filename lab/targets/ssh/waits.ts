import { setMaxListeners } from 'node:events';
import { interrupted } from '../../errors.js';

/** The work's outcome, or `interrupted` as soon as the signal aborts; the work itself goes on. */
export async function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw interrupted(signal.reason);
  let stop = (): void => undefined;
  // Any number of commands may wait for one signal.
  setMaxListeners(0, signal);
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(interrupted(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** So many may go on at once; the others wait for their turn. `take` returns how to give the place back. */
export function places(count: number): { take(signal: AbortSignal): Promise<() => void> } {
  let free = count;
  const waiting: (() => void)[] = [];
  const pass = (): void => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return {
    async take(signal) {
      if (free === 0) {
        let turn = (): void => undefined;
        const comes = new Promise<void>((resolve) => {
          turn = resolve;
          waiting.push(turn);
        });
        try {
          await until(comes, signal);
        } catch (error) {
          const index = waiting.indexOf(turn);
          if (index >= 0) waiting.splice(index, 1);
          else pass();
          throw error;
        }
      } else free--;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        pass();
      };
    },
  };
}
