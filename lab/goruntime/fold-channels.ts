import type { BulkMemory } from '../core/memory.js';
import { readChannel } from './channels.js';
import { enlarged, type Interner, interner } from './interner.js';
import type { RuntimeLayout } from './layout.js';

const receives = 0;
const sendsTo = 1;
const unclear = 2;

export interface Channels {
  /** (channel, direction). */
  readonly entries: Interner;
  /** How often an entry was counted. */
  countOf(entry: number): number;
  /** Counts a waiter, or so many; a number for the channel and the direction. */
  add(channel: number, direction: number, waiters?: number): number;
  /** At which queue of its channel a select's entry stands. */
  queueOf(memory: BulkMemory, layout: RuntimeLayout, channel: number, sudog: number): number;
  waiters(channel: number): { readonly send: number; readonly receive: number };
}

export function newChannels(): Channels {
  const entries = interner();
  let counts = new Uint32Array(1024);
  const queues = new Map<number, typeof receives | typeof sendsTo | typeof unclear | ReadonlySet<number>>();
  const remembered = 100_000;
  // The last one of each slot: most entries are of the few channels that everybody waits at.
  const recent = new Float64Array(64).fill(-1);
  const recentQueues = new Uint8Array(64);

  function look(memory: BulkMemory, { hchan, ...layout }: RuntimeLayout, channel: number) {
    const send = memory.u64(channel + hchan.senders);
    const receive = memory.u64(channel + hchan.receivers);
    if (send === undefined || receive === undefined || (send === 0 && receive === 0)) return unclear;
    if (receive === 0) return sendsTo;
    if (send === 0) return receives;
    // A goroutine that selects on both ends of one channel; its queues are short.
    const read = readChannel(memory, { hchan, ...layout }, channel);
    return read?.senders.complete === true ? new Set(read.senders.entries) : unclear;
  }

  return {
    entries,
    countOf: (entry) => counts[entry] ?? 0,
    add(channel, direction, waiters = 1) {
      const id = entries.idOf(channel, direction);
      if (id >= counts.length) counts = enlarged(counts);
      counts[id] = (counts[id] as number) + waiters;
      return id;
    },
    queueOf(memory, layout, channel, sudog) {
      const slot = ((channel >>> 5) ^ (channel >>> 11)) & 63;
      if (recent[slot] === channel) return recentQueues[slot] as number;
      let queue = queues.get(channel);
      if (queue === undefined) {
        queue = look(memory, layout, channel);
        if (queues.size >= remembered) queues.clear();
        queues.set(channel, queue);
      }
      if (typeof queue === 'number') {
        recent[slot] = channel;
        recentQueues[slot] = queue;
        return queue;
      }
      return queue.has(sudog) ? sendsTo : receives;
    },
    waiters(channel) {
      const countOf = (direction: number) => {
        const id = entries.find(channel, direction);
        return id < 0 ? 0 : (counts[id] as number);
      };
      return { send: countOf(sendsTo), receive: countOf(receives) };
    },
  };
}
