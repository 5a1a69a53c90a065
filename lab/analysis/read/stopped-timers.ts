import type { BulkMemory } from '../../core/memory.js';
import { readChannel } from '../../goruntime/channels.js';
import type { EvaluateGlobal } from '../../goruntime/fields.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';
import { channelsOfPendingTimers } from '../../goruntime/timers.js';
import type { Channel, Snapshot } from '../model/snapshot.js';

/**
 * The snapshot with those channels marked that look like a timer's and that no pending timer will send to: the runtime
 * marks channels itself only from Go 1.23 on, and not in modules of an older Go.
 */
export async function withStoppedTimers(
  snapshot: Snapshot,
  source: {
    readonly evaluate: EvaluateGlobal;
    readonly memory: BulkMemory;
    readonly layout: RuntimeLayout;
  },
  signal: AbortSignal,
): Promise<Snapshot> {
  const { evaluate, memory, layout } = source;
  const isUnmarked = ({ address, elemType, capacity, count }: Channel) =>
    elemType === 'time.Time' &&
    capacity === 1 &&
    count === 0 &&
    readChannel(memory, layout, address, 0)?.isTimer === false;
  const unmarked = [...snapshot.channels.values()].filter(isUnmarked);
  if (unmarked.length === 0) return snapshot;
  const pending = await channelsOfPendingTimers(evaluate, memory, layout.allgs.base, signal);
  if (pending === undefined) return snapshot;
  const channels = new Map(snapshot.channels);
  for (const channel of unmarked) {
    if (pending.has(channel.address)) continue;
    channels.set(channel.address, { ...channel, wokenFromOutside: undefined, stoppedTimer: true });
  }
  return { ...snapshot, channels };
}
