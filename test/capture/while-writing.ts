import { readdir, readFile, stat } from 'node:fs/promises';
import { poll } from '../../lab/deadline.js';

const { signal } = new AbortController();

/** Runs `act` as soon as the capture's gdb holds the process; with gdb's pid. */
export async function whileWriting(
  pid: number,
  act: (gdb: number, dir: string) => void | Promise<void>,
  dir: string,
): Promise<void> {
  const tracer = await poll(
    async () => {
      const held = /^TracerPid:\s+([1-9]\d*)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
      const [workshop] = await readdir(dir);
      const size =
        workshop === undefined
          ? 0
          : await stat(`${dir}/${workshop}/core`).then(
              (s) => s.size,
              () => 0,
            );
      return held !== undefined && size > 1000 ? Number(held) : undefined;
    },
    { signal, deadlineMs: 15_000, everyMs: 1 },
  );
  if (tracer === undefined) throw new Error('gdb never held the process');
  await act(tracer, dir);
}
