import { type BulkMemory, wordAt } from '../core/memory.js';
import { type Batch, inOrder, newBatch, readAddresses } from './fold-batch.js';
import { type RecentClasses, type RecentStacks, recentClasses, recentStacks } from './fold-recent.js';
import type { Tables } from './fold-tables.js';
import { isTakenOut, maxFrames, maxQueues } from './goroutines.js';
import type { RuntimeLayout } from './layout.js';
import { liveFrames, liveStart } from './live-stacks.js';
import { goroutineStatus, isGone, isParked, scanBit } from './status.js';
import { endOfWait, type WakenBy } from './wait-reasons.js';

/** These wait for channels, and for nothing else: a million of them are not asked. */
const onChannels: ReadonlySet<WakenBy | undefined> = new Set(['channel', 'select', 'nothing']);
/** Besides the numbers of channels, in a goroutine's target. */
const unreadable = -1;
const beingWoken = -2;
const frameScratch = new Float64Array(maxFrames);

/** Puts a goroutine that may wait for something else than channels into its cell. */
export type CountOther = (kind: number, target: number, index: number, address: number) => void;

/**
 * Reads so many goroutines of `runtime.allgs` into tables, from a place on. No object is made for a goroutine.
 * Throws a RangeError when `runtime.allgs` itself is unreadable.
 */
export type FoldPass = (from: number, length: number) => void;

export function newPass(
  memory: BulkMemory,
  layout: RuntimeLayout,
  size: number,
  tables: Tables,
  countOther: CountOther,
): FoldPass {
  const batch = newBatch(size);
  const known: Known = {
    layout,
    onChannel: Uint8Array.from(layout.waitReasons, (reason) => (onChannels.has(endOfWait(reason)) ? 1 : 0)),
    sends: Uint8Array.from(layout.waitReasons, (reason) => (reason === 'chan send' ? 1 : 0)),
    structSize: Math.max(...Object.values(layout.g), layout.labels?.pointer ?? 0) + 8,
    entrySize: Math.max(...Object.values(layout.sudog)) + 8,
    classes: recentClasses(layout.g),
    stacks: recentStacks(),
  };
  return (from, length) => {
    readAddresses(memory, layout, batch, from, length);
    readStructs(memory, known, batch, tables);
    walkStacks(memory, known, batch, tables);
    walkLiveStacks(memory, layout, batch, tables);
    followQueues(memory, known, batch, tables);
    count(batch, tables, from, known, countOther);
  };
}

/** What goes from one batch to the next. */
interface Known {
  readonly layout: RuntimeLayout;
  /** By wait reason. */
  readonly onChannel: Uint8Array;
  readonly sends: Uint8Array;
  /** Of a `g` and of a queue entry, as far as they are read. */
  readonly structSize: number;
  readonly entrySize: number;
  readonly classes: RecentClasses;
  readonly stacks: RecentStacks;
}

/** From here on `live` holds the goroutines that are neither dead nor unreadable. */
function readStructs(
  memory: BulkMemory,
  { layout, onChannel, structSize, classes }: Known,
  batch: Batch,
  tables: Tables,
): void {
  const { view } = memory;
  const { g } = layout;
  const order = inOrder(batch.g, batch.live, batch.liveCount, batch);
  for (let k = 0; k < batch.liveCount; k++) {
    const i = order[k] as number;
    const at = memory.span(batch.g[i] as number, structSize);
    const status = at < 0 ? goroutineStatus.dead : view.getUint32(at + g.status, true) & ~scanBit;
    if (isGone(status)) {
      batch.g[i] = 0;
      continue;
    }
    const waiting = isParked(status);
    // What is not parked has the reason of its last wait still.
    const reason = waiting ? view.getUint8(at + g.waitReason) : 0;
    const bp = wordAt(view, at + g.bp);
    batch.reason[i] = reason;
    batch.stackLo[i] = wordAt(view, at + g.stackLo);
    batch.stackHi[i] = wordAt(view, at + g.stackHi);
    batch.bp[i] = waiting && bp >= (batch.stackLo[i] as number) ? bp : 0;
    // Since Go 1.26 a semaphore's entry is there too; its links are those of the semaphore's own list.
    batch.sudog[i] = waiting && onChannel[reason] === 1 ? wordAt(view, at + g.waiting) : 0;
    batch.sp[i] = 0;
    batch.stack[i] = 0;
    batch.target[i] = 0;
    if (layout.labels !== undefined) batch.labels[i] = wordAt(view, at + layout.labels.pointer);
    tables.total += 1;
    if (waiting) {
      tables.waiting += 1;
      let id = classes.find(view, at, status * 256 + reason);
      if (id < 0) {
        id = tables.classes.idOf(stateOf(view, at, g, tables, status, reason), wordAt(view, at + g.pc));
        classes.keep(view, at, status * 256 + reason, id);
      }
      batch.class[i] = id;
      continue;
    }
    const state = stateOf(view, at, g, tables, status, reason);
    const address = batch.g[i] as number;
    const start = liveStart(memory, layout, address, status);
    batch.class[i] = tables.classes.idOf(state, start?.pc ?? -address);
    batch.sp[i] = start?.sp ?? 0;
    batch.bp[i] = start?.bp ?? 0;
  }
  let live = 0;
  for (let k = 0; k < batch.liveCount; k++) {
    const i = batch.live[k] as number;
    if (batch.g[i] !== 0) batch.live[live++] = i;
  }
  batch.liveCount = live;
}

function stateOf(
  view: DataView,
  at: number,
  g: RuntimeLayout['g'],
  { origins, states }: Tables,
  status: number,
  reason: number,
): number {
  const origin = origins.idOf(wordAt(view, at + g.startPc), wordAt(view, at + g.goPc));
  return states.idOf(origin, status * 256 + reason);
}

/** Follows saved frame pointers: [bp] is the caller's bp, [bp+8] the return address. */
function walkStacks(memory: BulkMemory, { stacks }: Known, batch: Batch, { stackOf }: Tables): void {
  const { view } = memory;
  let active = 0;
  for (let k = 0; k < batch.liveCount; k++) {
    const i = batch.live[k] as number;
    if (batch.bp[i] !== 0 && batch.sp[i] === 0) batch.active[active++] = i;
  }
  const order = inOrder(batch.bp, batch.active, active, batch);
  for (let k = 0; k < active; k++) {
    const i = order[k] as number;
    const first = batch.bp[i] as number;
    const room = (batch.stackHi[i] as number) - first;
    // Nearly every stack is small and lies in one piece: its frames are then so many bytes further on.
    const base = room <= 32768 ? memory.span(first, room) : -1;
    const kind = batch.class[i] as number;
    const same = base < 0 ? -1 : stacks.find(view, base, first, room, kind);
    if (same >= 0) {
      batch.stack[i] = same;
      continue;
    }
    let offset = 0;
    let depth = 0;
    let below = 0;
    while (offset + 16 <= room && depth < maxFrames - 1) {
      const at = base >= 0 ? base + offset : memory.span(first + offset, 16);
      frameScratch[depth++] = at < 0 ? 0 : wordAt(view, at + 8);
      below = at < 0 ? 0 : wordAt(view, at);
      if (below - first <= offset) break;
      offset = below - first;
    }
    // The outermost frame has none below. A chain that leaves the stack (calls from C) may hide different ones.
    if (below !== 0 && depth < maxFrames - 1) frameScratch[depth++] = -(batch.g[i] as number);
    const id = stackOf(frameScratch, depth);
    batch.stack[i] = id;
    if (base >= 0 && below === 0 && depth > 0) stacks.keep(view, base, first, kind, id);
  }
}

/** What could run is followed one by one: it is seldom much, and tells more than a chain of frame pointers. */
function walkLiveStacks(memory: BulkMemory, layout: RuntimeLayout, batch: Batch, tables: Tables): void {
  if (layout.live === undefined) return;
  for (let k = 0; k < batch.liveCount; k++) {
    const i = batch.live[k] as number;
    const sp = batch.sp[i] as number;
    if (sp === 0) continue;
    const kind = batch.class[i] as number;
    const { link: at } = layout.live;
    const link = at === undefined ? 0 : (memory.u64((batch.g[i] as number) + at) ?? 0);
    const start = { pc: tables.classes.second(kind), sp, bp: batch.bp[i] as number, link };
    const stack = { lo: batch.stackLo[i] as number, hi: batch.stackHi[i] as number };
    const depth = liveFrames(memory, layout.live, start, stack, frameScratch);
    if (depth >= 0) batch.stack[i] = tables.stackOf(frameScratch, depth);
    else batch.class[i] = tables.classes.idOf(tables.classes.first(kind), -(batch.g[i] as number));
  }
}

/** One round for the first queue entry of every goroutine, one for the second of every select, and so on. */
function followQueues(
  memory: BulkMemory,
  { layout, sends, entrySize }: Known,
  batch: Batch,
  tables: Tables,
): void {
  const { view } = memory;
  const { sudog } = layout;
  let active = 0;
  for (let k = 0; k < batch.liveCount; k++) {
    const i = batch.live[k] as number;
    if (batch.sudog[i] !== 0) batch.active[active++] = i;
  }
  for (let round = 0; active > 0 && round < maxQueues; round++) {
    const order = inOrder(batch.sudog, batch.active, active, batch);
    for (let k = 0; k < active; k++) {
      const i = order[k] as number;
      const address = batch.sudog[i] as number;
      const at = memory.span(address, entrySize);
      if (at < 0) {
        batch.target[i] = tables.targets.idOf(batch.target[i] as number, unreadable);
        batch.sudog[i] = 0;
        continue;
      }
      const channel = wordAt(view, at + sudog.channel);
      const alone = wordAt(view, at + sudog.next) === 0 && wordAt(view, at + sudog.prev) === 0;
      const inSelect = view.getUint8(at + sudog.isSelect) === 1;
      batch.sudog[i] = wordAt(view, at + sudog.waitLink);
      if (alone && isTakenOut(memory, layout, channel, address)) {
        batch.target[i] = tables.targets.idOf(batch.target[i] as number, beingWoken);
        batch.sudog[i] = 0;
        continue;
      }
      const direction = inSelect
        ? tables.channels.queueOf(memory, layout, channel, address)
        : (sends[batch.reason[i] as number] as number);
      const entry = tables.channels.add(channel, direction);
      batch.target[i] = tables.targets.idOf(batch.target[i] as number, entry);
    }
    let left = 0;
    for (let k = 0; k < active; k++) {
      const i = batch.active[k] as number;
      if (batch.sudog[i] !== 0) batch.active[left++] = i;
    }
    active = left;
  }
}

function count(
  batch: Batch,
  tables: Tables,
  from: number,
  { onChannel }: Known,
  countOther: CountOther,
): void {
  for (let k = 0; k < batch.liveCount; k++) {
    const i = batch.live[k] as number;
    const address = batch.g[i] as number;
    const kind = tables.kinds.idOf(batch.class[i] as number, batch.stack[i] as number);
    const target = batch.target[i] as number;
    tables.kindTally.add(kind, from + i, address);
    tables.members?.add(kind, address);
    if (batch.labels[i] !== 0) tables.labels.add(kind, batch.labels[i] as number);
    if (onChannel[batch.reason[i] as number] === 1) {
      tables.cellTally.add(tables.cells.idOf(kind, target), from + i, address);
    } else countOther(kind, target, from + i, address);
  }
}
