import type { CoreMemory } from '../core/memory.js';
import type { RuntimeLayout } from './layout.js';
import { liveStart } from './live-stacks.js';
import { goroutineStatus, isGone, isParked, scanBit } from './status.js';

/** One entry of `g.waiting`: a channel that the goroutine queues at. A select has one per case. */
export interface QueueEntry {
  readonly sudog: number;
  readonly channel: number;
  /** Address of the value being sent, or of the place for the value to receive; 0 when there is none. */
  readonly elem: number;
  readonly isSelect: boolean;
  /** Taken out of the channel's queue by somebody who is about to wake the goroutine. */
  readonly woken?: true;
}

/** A goroutine as the core's memory holds it. */
export interface RawGoroutine {
  readonly id: number;
  readonly address: number;
  readonly status: number;
  /** As the binary spells it, empty when it is not waiting. */
  readonly waitReason: string;
  readonly waitReasonNumber: number;
  readonly startPc: number;
  readonly goPc: number;
  readonly queues: readonly QueueEntry[];
  /** Return addresses by frame pointers, innermost first; empty when the goroutine is on a thread. */
  readonly pcs: readonly number[];
}

/** Delve is asked for as many, see describe.ts: what is deeper counts as unreadable. */
export const maxFrames = 20_000;
export const maxQueues = 4096;

/** Every goroutine that is not dead, in the order of `runtime.allgs`. Throws when the list itself is unreadable. */
export function* readGoroutines(memory: CoreMemory, layout: RuntimeLayout): Generator<RawGoroutine> {
  for (let i = 0; i < layout.allgs.length; i++) {
    const address = memory.u64(layout.allgs.base + i * 8);
    if (address === undefined) throw new RangeError(`runtime.allgs[${i}] is not in the core`);
    if (address === 0) continue;
    const goroutine = readGoroutine(memory, layout, address);
    if (goroutine !== undefined) yield goroutine;
  }
}

/** `undefined` when it is dead, or not in the core. */
export function readGoroutine(
  memory: CoreMemory,
  layout: RuntimeLayout,
  address: number,
): RawGoroutine | undefined {
  const { g } = layout;
  const status = (memory.u32(address + g.status) ?? goroutineStatus.dead) & ~scanBit;
  if (isGone(status)) return undefined;
  const waitReasonNumber = memory.u8(address + g.waitReason) ?? 0;
  const waiting = isParked(status);
  return {
    id: memory.u64(address + g.goid) ?? 0,
    address,
    status,
    waitReason: waiting ? (layout.waitReasons[waitReasonNumber] ?? '') : '',
    waitReasonNumber,
    startPc: memory.u64(address + g.startPc) ?? 0,
    goPc: memory.u64(address + g.goPc) ?? 0,
    queues: waiting ? readQueues(memory, layout, memory.u64(address + g.waiting) ?? 0) : [],
    pcs: walkFrames(memory, layout, address, status),
  };
}

function readQueues(memory: CoreMemory, layout: RuntimeLayout, first: number): QueueEntry[] {
  const { sudog } = layout;
  const out: QueueEntry[] = [];
  for (let at = first; at !== 0 && out.length < maxQueues; at = memory.u64(at + sudog.waitLink) ?? 0) {
    const channel = memory.u64(at + sudog.channel) ?? 0;
    const alone = memory.u64(at + sudog.next) === 0 && memory.u64(at + sudog.prev) === 0;
    out.push({
      sudog: at,
      channel,
      elem: memory.u64(at + sudog.elem) ?? 0,
      isSelect: memory.u8(at + sudog.isSelect) === 1,
      ...(channel !== 0 && alone && isTakenOut(memory, layout, channel, at) ? { woken: true } : {}),
    });
  }
  return out;
}

/** An entry without neighbours is the only one of its queue, or was taken out (`dequeue` of runtime/chan.go). */
export function isTakenOut(
  memory: CoreMemory,
  { hchan }: RuntimeLayout,
  channel: number,
  sudog: number,
): boolean {
  const receiver = memory.u64(channel + hchan.receivers);
  const sender = memory.u64(channel + hchan.senders);
  return receiver !== undefined && sender !== undefined && receiver !== sudog && sender !== sudog;
}

/** Follows saved frame pointers: [bp] is the caller's bp, [bp+8] the return address. */
function walkFrames(memory: CoreMemory, layout: RuntimeLayout, address: number, status: number): number[] {
  const { g } = layout;
  const start = isParked(status)
    ? { pc: memory.u64(address + g.pc) ?? 0, bp: memory.u64(address + g.bp) ?? 0, link: 0 }
    : liveStart(memory, layout, address, status);
  if (start === undefined) return [];
  const lo = memory.u64(address + layout.g.stackLo) ?? 0;
  const hi = memory.u64(address + layout.g.stackHi) ?? 0;
  const pcs = start.link === 0 ? [start.pc] : [start.pc, start.link];
  let { bp } = start;
  while (bp >= lo && bp + 16 <= hi && pcs.length < maxFrames) {
    const next = memory.u64(bp) ?? 0;
    pcs.push(memory.u64(bp + 8) ?? 0);
    if (next <= bp) break;
    bp = next;
  }
  return pcs;
}
