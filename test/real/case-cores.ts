import { rmSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { helper } from '../../lab/capture/helper/method.js';
import { poll } from '../../lab/deadline.js';
import { localTarget } from '../../lab/targets/local.js';
import type { TargetProcess } from '../../lab/targets/target.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { atMost } from './at-most.js';
import { untilStill } from './stillness.js';
import { whenToldToEnd } from './when-told-to-end.js';

export interface Run {
  readonly exe: string;
  readonly args: readonly string[];
}

export interface TakenCore {
  readonly exe: string;
  readonly core: string;
  /** What the program printed, with the goroutine dump of SIGQUIT at its end. */
  readonly dump: string;
}

export interface TakenCores extends AsyncDisposable {
  readonly first: TakenCore;
  /** Of the companion, where there was one. */
  readonly companion: TakenCore | undefined;
}

/** A core by gdb takes more than a gigabyte of the disk, until what is zero in it is given back: a hundredth stays. */
const capturing = atMost(1);

/** In which a program prints its goroutines and ends. */
const quitMs = 20_000;

interface Running extends AsyncDisposable {
  capture(): Promise<TakenCore>;
  readonly pid: number;
}

/**
 * Starts a program, and its companion with it; takes a core of both when the first one hangs, or after `withinMs` when
 * it goes on with something else; ends both. A race that makes it hang may miss once: one that is busy then is started
 * anew, up to `starts` times in all. Throws with what the program said when it ends by itself.
 */
export async function coresOf(
  first: Run,
  {
    companion,
    withinMs,
    goVersion,
    starts,
  }: { companion?: Run | undefined; withinMs: number; goVersion: string; starts: number },
  signal: AbortSignal,
): Promise<TakenCores> {
  const folder = await tempFolder();
  const forget = whenToldToEnd(() => rmSync(folder.path, { recursive: true, force: true }));
  const remove = async () => {
    await folder[Symbol.asyncDispose]();
    forget();
  };
  try {
    await using beside =
      companion === undefined ? undefined : await start(companion, folder, 'companion', goVersion, signal);
    for (let left = starts; ; left -= 1) {
      await using running = await start(first, folder, `first-${left}`, goVersion, signal);
      if ((await untilStill(running.pid, withinMs, signal)) === 'busy' && left > 1) continue;
      return {
        first: await running.capture(),
        companion: await beside?.capture(),
        [Symbol.asyncDispose]: remove,
      };
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

async function start(
  { exe, args }: Run,
  folder: TempFolder,
  name: string,
  goVersion: string,
  signal: AbortSignal,
): Promise<Running> {
  const target = localTarget();
  const cwd = folder.file(name);
  await mkdir(cwd);
  const logFile = folder.file(`${name}.log`);
  const program: TargetProcess = await target.start([exe, ...args], { signal, logFile, cwd });
  const { pid } = program.identity;
  const forget = whenToldToEnd(() => {
    if (program.exit() === undefined) process.kill(pid, 'SIGKILL');
  });
  return {
    pid,
    async capture() {
      const ended = program.exit();
      if (ended !== undefined) {
        const said = (await readFile(logFile, 'utf8')).slice(-2_000);
        throw new Error(`${exe} ended by itself (${JSON.stringify(ended)}): ${said}`);
      }
      const core = folder.file(`${name}.core`);
      await capturing(() => helper.capture({ target, pid, file: core, goVersion }, signal));
      await program.kill('SIGQUIT');
      await poll(async () => program.exit(), { signal, deadlineMs: quitMs, everyMs: 50 });
      return { exe, core, dump: logFile };
    },
    async [Symbol.asyncDispose]() {
      await program.kill('SIGKILL');
      await program[Symbol.asyncDispose]();
      forget();
    },
  };
}
