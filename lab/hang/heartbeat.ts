import { epochMs } from '../clock.js';

/** A stretch in which this process's event loop did not turn: nothing seen in it is evidence. */
export interface Stall {
  readonly from: number;
  readonly to: number;
}

const usuallyEveryMs = 20;
const tolerableMs = 30;

/**
 * Notices when the lab itself stands still. `check` is to be called before any observation is judged:
 * after a stall the timers of probes fire before the sockets are looked at, and a histogram of delays
 * (`monitorEventLoopDelay`) would tell of it only afterwards, and not when it was.
 */
export function createHeartbeat(
  onStall: (stall: Stall) => void,
  beatEveryMs = usuallyEveryMs,
): Disposable & { check(): void } {
  let last = epochMs();
  const check = (): void => {
    const now = epochMs();
    if (now - last > beatEveryMs + tolerableMs) onStall({ from: last + beatEveryMs, to: now });
    last = now;
  };
  const timer = setInterval(check, beatEveryMs);
  return {
    check,
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}
