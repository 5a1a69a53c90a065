import { join } from 'node:path';
import type { Emit } from '../events.js';
import type { Target } from '../targets/target.js';

export interface Rescue {
  readonly target: Target;
  readonly pid: number;
  /** The core and the executable, on the target. */
  readonly file: string;
  readonly program: string;
  /** Of the bundle, on the target. */
  readonly folder: string;
}

/**
 * The only core of a process that is gone stays on its machine when something fails after it was written, with its
 * executable. The folder of a run is taken away from other machines, so it stays beside it there. Says where; never throws.
 */
export async function rescue({ target, pid, file, program, folder }: Rescue, emit: Emit): Promise<void> {
  const to = target.kind === 'local' ? folder : target.workFolder;
  const paths = [
    [file, join(to, `core.${pid}`)],
    [program, join(to, target.kind === 'local' ? 'server' : `server.${pid}`)],
  ] as const;
  // Not with the caller's signal: it may be what failed.
  const signal = AbortSignal.timeout(20_000);
  try {
    for (const [from, kept] of paths) {
      const { exitCode } = await target.exec(['mv', '--', from, kept], { signal });
      if (exitCode !== 0) return;
    }
    const where = target.kind === 'local' ? '' : ` on ${target.name}`;
    emit({ type: 'note', text: `the core was kept: ${paths.map(([, kept]) => kept).join(' and ')}${where}` });
  } catch {
    // What failed before says more.
  }
}
