import { pause } from '../deadline.js';
import type { Emit } from '../events.js';
import type { Bundle, LooksBundle } from './bundle.js';

/** Which of several cores of one process it is. */
export interface Look {
  readonly number: number;
  readonly of: number;
}

export interface LooksRequest {
  readonly looks: number;
  /** Milliseconds that the process runs between two of them. */
  readonly everyMs: number;
  /** Called with those that are whole, after each: whatever comes then, these stay. */
  readonly keep: (bundle: LooksBundle) => Promise<void>;
}

/**
 * Takes several cores of a process, `core.<pid>.1` and so on, and its executable once. Throws what `take` throws.
 */
export async function captureLooks(
  { looks, everyMs, keep }: LooksRequest,
  take: (look: Look) => Promise<Bundle>,
  emit: Emit,
  signal: AbortSignal,
): Promise<LooksBundle> {
  const taken: Bundle[] = [];
  for (;;) {
    const number = taken.length + 1;
    emit({ type: 'note', text: `look ${number} of ${looks}` });
    const bundle = await take({ number, of: looks });
    taken.push(bundle);
    const all = {
      ...bundle,
      looks: taken.map(({ core, size, pausedMs, takenAt }) => ({
        ...{ core, size, pausedMs },
        ...(takenAt === undefined ? {} : { takenAt }),
      })),
    };
    await keep(all);
    if (taken.length === looks) return all;
    await pause(everyMs, signal);
  }
}
