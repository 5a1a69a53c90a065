import { randomInt } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { poll } from '../../deadline.js';
import { LabError } from '../../errors.js';
import { goEnvironment, requireGo } from '../../toolchain/index.js';
import { comparedName, lookFile, processNames } from '../looks.js';
import type { Place } from '../place.js';
import { word } from '../word.js';
import { writeEnvironment } from './sources.js';

const withinMs = 20_000;
/** Pages until the stuck one is switched off, and those that the slow one prints between two looks. */
const pages = 5;
const between = 12;

/**
 * `looks`: two looks at each of two processes of a small program of the lesson's own, of which one is slow and the other
 * one stuck. Which is which is drawn.
 */
export const looks = word(
  'looks',
  z.strictObject({ program: z.string().refine((name) => name === basename(name)) }),
  ({ program }) => ({
    async run(place: Place) {
      const { folder, vault, lesson, target, signal } = place;
      await cp(join(lesson, program), join(folder, program), { recursive: true });
      const go = await requireGo(target, signal);
      await writeEnvironment(place);
      const exe = join(vault, program);
      const env = { CGO_ENABLED: '0', ...goEnvironment, GOWORK: 'off' };
      const argv = [go.path, 'build', '-buildvcs=false', '-o', exe, '.'];
      const built = await target.exec(argv, { signal, cwd: join(folder, program), env });
      if (built.exitCode !== 0)
        throw new LabError(`go build failed: ${built.stderr.trim()}`, { code: 'build-failed' });
      await rm(join(vault, comparedName), { force: true });
      const stuck = processNames[randomInt(processNames.length)];
      for (const name of processNames) await take(place, exe, name, name === stuck);
    },
  }),
);

async function take(
  { folder, vault, target, signal }: Place,
  exe: string,
  name: (typeof processNames)[number],
  isStuck: boolean,
): Promise<void> {
  const logFile = join(vault, `${name}.log`);
  await rm(logFile, { force: true });
  const argv = [exe, ...(isStuck ? [`--cold-after=${pages}`] : [])];
  await using _process = await target.start(argv, { signal, cwd: vault, logFile });
  const limits = { signal, deadlineMs: withinMs, everyMs: 20 };
  const address = await poll(
    async () => /^http:\S+(?=\n)/m.exec(await readFile(logFile, 'utf8').catch(() => ''))?.[0],
    limits,
  );
  if (address === undefined) throw new LabError(`${exe} did not start`, { code: 'undecided' });
  const printed = async () => Number(await (await fetch(`${address}/printed`, { signal })).text());
  const look = async (number: 1 | 2): Promise<void> => {
    const text = await (await fetch(`${address}/debug/pprof/goroutine?debug=2`, { signal })).text();
    await writeFile(join(folder, lookFile(name, number)), text);
  };
  const after = async (most: number): Promise<void> => {
    // One that is switched off may have had a page under way; twice the same is the end of it.
    let before = -1;
    const done = await poll(
      async () => {
        const now = await printed();
        const ended = isStuck ? now >= pages && now === before : now >= most;
        before = now;
        return ended ? true : undefined;
      },
      { ...limits, everyMs: isStuck ? 100 : 20 },
    );
    if (done === undefined) throw new LabError(`${exe} does not go on`, { code: 'undecided' });
  };
  await after(pages);
  await look(1);
  await after(pages + between);
  await look(2);
}
