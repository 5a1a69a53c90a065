import type { CoreMemory } from '../../core/memory.js';
import { type RawChannel, readChannel, readTypeName } from '../../goruntime/channels.js';
import type { FoldedGoroutines } from '../../goruntime/fold.js';
import type { QueueEntry } from '../../goruntime/goroutines.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';
import type { Bucket, Channel, ChannelCase } from '../model/snapshot.js';

/** Entries of a channel's queue that are read where they have to be told apart. */
const shortQueue = 4096;

/** The channels that goroutines wait at, each read once. */
export function channelReader(memory: CoreMemory, layout: RuntimeLayout, folded: FoldedGoroutines) {
  const raw = new Map<number, RawChannel | undefined>();
  const sending = new Map<number, ReadonlySet<number>>();
  const read = (address: number) => {
    // Which queue has anybody tells most; how many there are was counted already.
    if (!raw.has(address)) raw.set(address, readChannel(memory, layout, address, shortQueue));
    return raw.get(address);
  };
  return {
    /** Which queue of its channel an entry stands in. */
    direction(entry: QueueEntry): ChannelCase['direction'] | undefined {
      const channel = read(entry.channel);
      if (channel === undefined) return undefined;
      if (channel.receivers.entries.length === 0 && channel.receivers.complete) {
        return channel.senders.entries.length > 0 ? 'send' : undefined;
      }
      if (channel.senders.entries.length === 0 && channel.senders.complete) return 'receive';
      let senders = sending.get(entry.channel);
      if (senders === undefined) {
        senders = new Set(channel.senders.entries);
        sending.set(entry.channel, senders);
      }
      if (senders.has(entry.sudog)) return 'send';
      if (channel.receivers.entries.includes(entry.sudog)) return 'receive';
      return channel.senders.complete && !channel.receivers.complete ? 'receive' : undefined;
    },
    known(buckets: readonly Bucket[]): ReadonlyMap<number, Channel> {
      const out = new Map<number, Channel>();
      for (const { wait } of buckets) {
        for (const { channel: address } of wait.kind === 'channel' ? wait.cases : []) {
          const channel = out.has(address) ? undefined : read(address);
          if (channel !== undefined)
            out.set(address, describeChannel(channel, memory, layout, folded.waiters(address)));
        }
      }
      return out;
    },
  };
}

function describeChannel(
  raw: RawChannel,
  memory: CoreMemory,
  layout: RuntimeLayout,
  waiters: Channel['waiters'],
): Channel {
  const elemType = readTypeName(memory, layout, raw.elemType);
  return {
    address: raw.address,
    elemType,
    count: raw.count,
    capacity: raw.capacity,
    closed: raw.closed,
    waiters,
    wokenFromOutside: raw.isStopped ? undefined : outside(raw, elemType),
    ...(raw.isStopped ? { stoppedTimer: true } : {}),
  };
}

/** Before Go 1.23 a timer's channel carries no mark; its element type and its room for one tell enough. */
function outside(raw: RawChannel, elemType: string | undefined): string | undefined {
  if (raw.isTimer || (elemType === 'time.Time' && raw.capacity === 1)) return 'a timer may send to it';
  if (elemType === 'os.Signal' || elemType === 'syscall.Signal') return 'a signal may arrive on it';
  return undefined;
}
