import type { CoreMemory } from '../core/memory.js';
import type { RuntimeLayout } from './layout.js';

/** An `hchan` as the core's memory holds it. */
export interface RawChannel {
  readonly address: number;
  readonly count: number;
  readonly capacity: number;
  readonly closed: boolean;
  readonly elemSize: number;
  /** Address of the element's runtime type. */
  readonly elemType: number;
  readonly senders: Queue;
  readonly receivers: Queue;
  /** The channel of a `time.Timer` or `time.Ticker`: the runtime sends to it. */
  readonly isTimer: boolean;
  /** That timer is not running: the runtime sends nothing until it is started again. */
  readonly isStopped: boolean;
}

export interface Queue {
  /** Addresses of the sudogs in queue order. */
  readonly entries: readonly number[];
  /** False when the walk was cut off or met a hole. */
  readonly complete: boolean;
}

/** `undefined` when the address is not in the core. At most `limit` waiters of each queue are read. */
export function readChannel(
  memory: CoreMemory,
  layout: RuntimeLayout,
  address: number,
  limit = 2_000_000,
): RawChannel | undefined {
  const { hchan } = layout;
  const count = memory.u64(address + hchan.count);
  const capacity = memory.u64(address + hchan.capacity);
  const elemType = memory.u64(address + hchan.elemType);
  const closed = memory.u32(address + hchan.closed);
  const elemSize = memory.bytes(address + hchan.elemSize, 2)?.readUInt16LE(0);
  if (count === undefined || capacity === undefined || elemType === undefined) return undefined;
  if (closed === undefined || elemSize === undefined) return undefined;
  const timer = timerOf(memory, layout, address);
  return {
    address,
    count,
    capacity,
    closed: closed !== 0,
    elemSize,
    elemType,
    senders: readQueue(memory, layout, memory.u64(address + hchan.senders) ?? 0, limit),
    receivers: readQueue(memory, layout, memory.u64(address + hchan.receivers) ?? 0, limit),
    isTimer: timer !== undefined,
    isStopped: timer?.when === 0,
  };
}

/** The timer that sends to a channel, and when it is to; 0 for never, absent where that is not known. `undefined` of other channels. */
export function timerOf(
  memory: CoreMemory,
  { hchan }: Pick<RuntimeLayout, 'hchan'>,
  channel: number,
): { readonly when: number | undefined } | undefined {
  const timer = hchan.timer === undefined ? 0 : (memory.u64(channel + hchan.timer) ?? 0);
  if (timer === 0) return undefined;
  return { when: hchan.timerWhen === undefined ? undefined : memory.u64(timer + hchan.timerWhen) };
}

function readQueue(memory: CoreMemory, layout: RuntimeLayout, first: number, limit: number): Queue {
  const entries: number[] = [];
  // A list that runs in circles comes back to one of these (Brent's algorithm).
  let mark = 0;
  for (let at = first; at !== 0; ) {
    const next = memory.u64(at + layout.sudog.next);
    if (next === undefined || at === mark || entries.length >= limit) return { entries, complete: false };
    if ((entries.length & (entries.length - 1)) === 0) mark = at;
    entries.push(at);
    at = next;
  }
  return { entries, complete: true };
}

/**
 * The name of a runtime type as `reflect` prints it (`main.Metric`), or `undefined`. `_type.str` is an offset
 * into the module's type section, where a name is a flag byte, a varint length and the bytes (Go 1.17 on,
 * internal/abi/type.go; `_type` itself keeps tflag at 20 and str at 40 on 64-bit machines).
 */
export function readTypeName(memory: CoreMemory, layout: RuntimeLayout, type: number): string | undefined {
  if (layout.types === undefined || type === 0) return undefined;
  const tflag = memory.u8(type + 20);
  const nameOffset = memory.u32(type + 40);
  if (tflag === undefined || nameOffset === undefined) return undefined;
  const at = layout.types + nameOffset;
  let length = 0;
  let shift = 0;
  let cursor = at + 1;
  for (;;) {
    const byte = memory.u8(cursor++);
    if (byte === undefined || shift > 21) return undefined;
    length |= (byte & 0x7f) << shift;
    shift += 7;
    if ((byte & 0x80) === 0) break;
  }
  const name = memory.bytes(cursor, length)?.toString('utf8');
  const extraStar = (tflag & 2) !== 0;
  return extraStar ? name?.slice(1) : name;
}
