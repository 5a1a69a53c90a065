import { pause } from '../deadline.js';
import type { Emit } from '../events.js';
import type { Bundle, LooksBundle } from './bundle.js';
import { type BundleRequest, captureBundle } from './capture.js';

export interface LooksRequest extends BundleRequest {
  readonly looks: number;
  /** Milliseconds that the process runs between two of them. */
  readonly everyMs: number;
  /** Called with those that are whole, after each: whatever comes then, these stay. */
  readonly keep: (bundle: LooksBundle) => Promise<void>;
}

/**
 * Takes several cores of a process, `core.<pid>.1` and so on, and its executable once. Throws what {@link captureBundle}
 * throws, `no-space` for all of them before the first one.
 */
export async function captureLooks(
  { looks, everyMs, keep, ...request }: LooksRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<LooksBundle> {
  const taken: Bundle[] = [];
  for (;;) {
    const number = taken.length + 1;
    emit({ type: 'note', text: `look ${number} of ${looks}` });
    const bundle = await captureBundle({ ...request, look: { number, of: looks } }, emit, signal);
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
