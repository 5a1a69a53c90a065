import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Done, doneSchema, type Job } from './fuzz-child.js';

export type Outcome =
  | (Done & { readonly kind: 'done' })
  | { readonly kind: 'hung' }
  | { readonly kind: 'died'; readonly how: string };

export interface Worker extends AsyncDisposable {
  /** Does a job, in a new process when the last one broke. */
  run(job: Job): Promise<Outcome>;
}

/** What the tier asks of every input. */
export const longestMs = 10_000;
const program = fileURLToPath(new URL('./fuzz-child.js', import.meta.url));

export function openWorker(): Worker {
  let child: ChildProcess | undefined;
  const end = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    async run(job) {
      child ??= fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      const running = child;
      const stop = new AbortController();
      const outcome = await new Promise<Outcome>((resolve) => {
        const timer = setTimeout(() => resolve({ kind: 'hung' }), longestMs);
        stop.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
        const onExit = (code: number | null, name: string | null) =>
          resolve({ kind: 'died', how: name ?? `exit code ${code}` });
        running.once('exit', onExit);
        running.once('message', (message) => {
          running.off('exit', onExit);
          resolve({ kind: 'done', ...doneSchema.parse(message) });
        });
        running.send(job);
      });
      stop.abort();
      if (outcome.kind !== 'done') {
        await end();
        child = undefined;
      }
      return outcome;
    },
    [Symbol.asyncDispose]: end,
  };
}
