import type { QueueEntry } from '../../goruntime/goroutines.js';
import { isLiveReason } from '../../goruntime/wait-reasons.js';
import type { ChannelCase, GoroutineState, Wait } from '../model/snapshot.js';

export interface Parked {
  readonly state: GoroutineState;
  readonly waitReason: string;
  readonly queues: readonly QueueEntry[];
}

/**
 * Turns what the runtime noted about a goroutine into a wait. `directionOf` tells at which queue of its channel
 * a select's entry stands; `undefined` when the queues could not be read.
 */
export function waitOf(
  { state, waitReason, queues }: Parked,
  directionOf: (entry: QueueEntry) => ChannelCase['direction'] | undefined,
): Wait {
  if (state !== 'waiting') return { kind: 'live', why: state === 'other' ? 'no wait is recorded' : state };
  if (isLiveReason(waitReason)) return { kind: 'live', why: waitReason };
  if (queues.some((entry) => entry.woken)) return { kind: 'live', why: `${waitReason}, being woken` };
  switch (waitReason) {
    case 'chan send':
    case 'chan receive': {
      const direction = waitReason === 'chan send' ? 'send' : 'receive';
      const cases = queues
        .filter((entry) => entry.channel !== 0)
        .map(({ channel }) => ({ channel, direction }) as const);
      if (cases.length > 0) return { kind: 'channel', cases };
      return { kind: 'unknown', why: `${waitReason}, but the channel could not be read` };
    }
    case 'select': {
      // selectgo leaves nil channels out; with nothing left it parks for good.
      if (queues.length === 0) return { kind: 'nil-channel', direction: 'select' };
      const cases: ChannelCase[] = [];
      for (const entry of queues) {
        const direction = directionOf(entry);
        if (direction === undefined) return { kind: 'unknown', why: 'select, but a queue could not be read' };
        cases.push({ channel: entry.channel, direction });
      }
      return { kind: 'channel', cases };
    }
    case 'chan send (nil chan)':
      return { kind: 'nil-channel', direction: 'send' };
    case 'chan receive (nil chan)':
      return { kind: 'nil-channel', direction: 'receive' };
    case 'select (no cases)':
      return { kind: 'empty-select' };
    default:
      return { kind: 'unknown', why: waitReason === '' ? 'no wait reason' : waitReason };
  }
}

/** Identity of a wait: goroutines with equal keys wait for the same objects. */
export function waitKey(wait: Wait): string {
  if (wait.kind === 'sync') return `${wait.mode}:${wait.address}`;
  if (wait.kind !== 'channel') return wait.kind;
  return wait.cases
    .map(({ channel, direction }) => `${direction}:${channel}`)
    .sort()
    .join(' ');
}
