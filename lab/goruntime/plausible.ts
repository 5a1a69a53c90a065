import type { CoreMemory } from '../core/memory.js';
import { readChannel } from './channels.js';
import { isGoroutine } from './find-allgs.js';
import { type RawGoroutine, readGoroutine } from './goroutines.js';
import type { RuntimeLayout } from './layout.js';
import { isParked } from './status.js';

/** Goroutines that are looked at, evenly spread. */
const sample = 2000;
/** A core is a moment: here and there somebody is just being parked or woken. */
const tolerated = 0.02;
const maxElement = 65_536;

/**
 * Whether a layout that no debug information confirms makes sense of the memory it is for: states, ids, wait
 * reasons, queue entries that point back at their goroutine, channels that hold no more than they can, stacks
 * that begin where goroutines begin. `undefined` when it does, else what does not fit.
 */
export function implausible(
  memory: CoreMemory,
  layout: RuntimeLayout,
  isStackBottom: (pc: number) => boolean,
): string | undefined {
  const { base, length } = layout.allgs;
  const faults = new Map<string, number>();
  const ids = new Set<number>();
  const step = Math.max(1, length / sample);
  let looked = 0;
  for (let i = 0; i < length; i += step) {
    looked += 1;
    const address = memory.u64(base + Math.floor(i) * 8) ?? 0;
    const fault = isGoroutine(memory, address, layout.g)
      ? faultOf(memory, layout, address, ids, isStackBottom)
      : 'an element of the list of goroutines is none';
    if (fault !== undefined) faults.set(fault, (faults.get(fault) ?? 0) + 1);
  }
  const total = [...faults.values()].reduce((sum, count) => sum + count, 0);
  if (total <= Math.max(1, looked * tolerated)) return undefined;
  const [[worst, count] = ['', 0]] = [...faults].sort((a, b) => b[1] - a[1]);
  return `${worst} (${count} of ${looked} goroutines)`;
}

function faultOf(
  memory: CoreMemory,
  layout: RuntimeLayout,
  address: number,
  ids: Set<number>,
  isStackBottom: (pc: number) => boolean,
): string | undefined {
  const goroutine = readGoroutine(memory, layout, address);
  if (goroutine === undefined) return undefined;
  if (ids.has(goroutine.id)) return 'two goroutines have the same id';
  ids.add(goroutine.id);
  if (!isParked(goroutine.status)) return undefined;
  const bottom = goroutine.pcs.at(-1) ?? 0;
  // A stack that is deeper than what is walked shows no bottom.
  if (goroutine.pcs.length < 100 && !isStackBottom(bottom)) return 'a stack has no beginning';
  if (goroutine.waitReason === '') return 'a wait reason is unknown';
  return goroutine.waitReason.startsWith('chan ') || goroutine.waitReason === 'select'
    ? faultOfQueues(memory, layout, goroutine)
    : undefined;
}

function faultOfQueues(
  memory: CoreMemory,
  layout: RuntimeLayout,
  { address, queues, waitReason }: RawGoroutine,
): string | undefined {
  for (const { sudog, channel, isSelect } of queues) {
    if (memory.u64(sudog + layout.sudog.g) !== address) return 'a queue entry is of another goroutine';
    if (isSelect !== (waitReason === 'select')) return 'a queue entry is not of its kind of wait';
    const read = readChannel(memory, layout, channel, 0);
    if (read === undefined) return 'a channel is not in the core';
    if (read.count > read.capacity || read.elemSize > maxElement) return 'a channel holds more than it can';
  }
  return undefined;
}
