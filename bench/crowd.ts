import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { gcore } from '../lab/capture/gcore.js';
import { poll } from '../lab/deadline.js';
import { localTarget } from '../lab/targets/local.js';

export interface CrowdCore extends AsyncDisposable {
  readonly exe: string;
  readonly core: string;
  /** Goroutines of the program itself, and those stuck behind one consumer, which is one of them. */
  readonly size: number;
  readonly stuck: number;
}

export interface CrowdOptions {
  /** Path of the go program. */
  readonly go: string;
  /** The module `bench/go/crowd`. */
  readonly module: string;
  readonly folder: string;
  readonly size: number;
  /** The goroutine at fault is made after all others, not before. */
  readonly late?: boolean;
}

const readyMs = 300_000;

/** execa's own cleaning up would end this process at once on Ctrl-C, with files of gigabytes left behind. */
export const interruptible = (signal: AbortSignal) => ({ cancelSignal: signal, cleanup: false }) as const;

/** Makes a core of a program with so many goroutines; disposing it removes the core. */
export async function crowdCore(
  { go, module, folder, size, late = false }: CrowdOptions,
  signal: AbortSignal,
): Promise<CrowdCore> {
  const exe = join(folder, 'crowd');
  const env = { GOTOOLCHAIN: 'local', GOWORK: 'off' };
  await execa(go, ['build', '-buildvcs=false', '-o', exe, '.'], { cwd: module, env });
  const core = join(folder, `core.${size}${late ? '.late' : ''}`);
  // It ends when its standard input does: with this process, whatever happens to it.
  const child = execa(exe, late ? [String(size), 'late'] : [String(size)], {
    stdin: 'pipe',
    ...interruptible(signal),
    reject: false,
  });
  try {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const look = () => /^ready goroutines=\d+ stuck=(\d+)$/m.exec(said)?.[1];
    const ready = await poll(() => (child.exitCode === null ? look() : (look() ?? '')), {
      ...{ signal, deadlineMs: readyMs, everyMs: 20 },
    });
    const stuck = Number(ready ?? '');
    if (stuck === 0 || child.pid === undefined) throw new Error(`${exe} did not get ready`);
    await gcore.capture({ target: localTarget(), pid: child.pid, file: core, goVersion: '' }, signal);
    return { exe, core, size, stuck, [Symbol.asyncDispose]: () => rm(core, { force: true }) };
  } finally {
    child.kill('SIGKILL');
    await child;
  }
}
