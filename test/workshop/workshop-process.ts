import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';

export interface WorkshopProcess extends AsyncDisposable {
  readonly link: string;
  readonly url: string;
  readonly folder: string | null;
  /** Of a class in one process. */
  readonly guests: readonly { readonly name: string; readonly link: string }[];
  /** Ends it as Ctrl-C does; returns the exit code. */
  interrupt(): Promise<number | undefined>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

const announced = z.object({
  ...{ link: z.string(), url: z.string(), folder: z.string().nullable() },
  guests: z.array(z.object({ name: z.string(), link: z.string() })).default([]),
});
const { signal } = new AbortController();

/** Starts `lab workshop` as a person does, and waits until it says where it is. */
export async function startWorkshop(args: readonly string[]): Promise<WorkshopProcess> {
  const child = execa('node', [join(projectRoot, 'dist/scripts/lab.js'), 'workshop', '--json', ...args], {
    ...{ reject: false, stdin: 'ignore', forceKillAfterDelay: 20_000 },
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const ended = child.then((result) => result);
  const said = await poll(
    () => (stdout.trimEnd().endsWith('}') ? stdout : child.exitCode === null ? undefined : stdout),
    { signal, deadlineMs: 120_000, everyMs: 10 },
  );
  const parsed = announced.safeParse(said === undefined || said === '' ? undefined : JSON.parse(said));
  if (!parsed.success) {
    child.kill('SIGKILL');
    throw new Error(`lab workshop did not open: ${(await ended).stderr}`);
  }
  const interrupt = async (): Promise<number | undefined> => {
    child.kill('SIGINT');
    return (await ended).exitCode;
  };
  return {
    ...parsed.data,
    interrupt,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await interrupt();
    },
  };
}
