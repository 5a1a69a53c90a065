import { type BulkMemory, wordAt } from '../../core/memory.js';
import { maxQueues } from '../goroutines.js';
import type { RuntimeLayout } from '../layout.js';
import { goroutineStatus, isGone, isParked, scanBit } from '../status.js';
import { endOfWait, type WakenBy } from '../wait-reasons.js';

/** Who can end a goroutine's wait: only others, by the objects; or something else too (`live`). */
export interface TargetReader {
  /**
   * Calls `each` with every object that the goroutine at `g` waits for, and with the queue entry by which it does; 0 where
   * that is not known, as of semaphore words. Returns `dead` when there is no goroutine any more, `live` when it runs or may be woken from
   * outside, and `waits` when nothing but these objects can wake it; of a nil channel there are none.
   */
  read(
    g: number,
    each: (target: number, sudog: number, isChannel: boolean) => void,
  ): 'dead' | 'live' | 'waits';
}

const byOther = 0;
const byChannel = 1;
const bySelect = 2;
const bySync = 3;
const byNobody = 4;
const kinds: Readonly<Record<WakenBy, number>> = {
  ...{
    outside: byOther,
    channel: byChannel,
    select: bySelect,
    semaphore: bySync,
    cond: bySync,
    nothing: byNobody,
  },
};

/** `otherTarget` gives the semaphore word or condition variable of the goroutine at an address; 0 for none. */
export function targetReader(
  memory: BulkMemory,
  { g, sudog, waitReasons }: RuntimeLayout,
  otherTarget: (g: number) => number,
): TargetReader {
  const { view } = memory;
  const kindOf = Uint8Array.from(waitReasons, (reason) => kinds[endOfWait(reason) ?? 'outside']);
  const gSize = Math.max(g.status, g.waitReason, g.waiting) + 8;
  const sudogSize = Math.max(sudog.channel, sudog.waitLink) + 8;
  return {
    read(address, each) {
      const at = memory.span(address, gSize);
      const status = at < 0 ? goroutineStatus.dead : view.getUint32(at + g.status, true) & ~scanBit;
      if (isGone(status)) return 'dead';
      if (!isParked(status)) return 'live';
      const kind = kindOf[view.getUint8(at + g.waitReason)] ?? byOther;
      if (kind === byOther) return 'live';
      if (kind === byNobody) return 'waits';
      if (kind === bySync) {
        const target = otherTarget(address);
        if (target === 0) return 'live';
        each(target, wordAt(view, at + g.waiting), false);
        return 'waits';
      }
      let entry = wordAt(view, at + g.waiting);
      // Without an entry it is just being woken, but for a select, which has none for nil channels.
      if (entry === 0 && kind === byChannel) return 'live';
      for (let n = 0; entry !== 0; n++) {
        const found = memory.span(entry, sudogSize);
        if (found < 0 || n === maxQueues) return 'live';
        const next = wordAt(view, found + sudog.waitLink);
        each(wordAt(view, found + sudog.channel), entry, true);
        entry = next;
      }
      return 'waits';
    },
  };
}
