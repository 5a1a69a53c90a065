import type { CoreMemory } from '../core/memory.js';
import type { AddressRange } from '../core/program-image.js';
import { scanWords } from '../core/scan-words.js';
import type { RuntimeLayout } from './layout.js';
import { isParked, scanBit } from './status.js';

export interface GoroutineList {
  readonly base: number;
  readonly length: number;
}

/** Far more than memory holds. */
const maxGoroutines = 2 ** 28;
/** Elements of a list that are looked at: the first ones, and as many again over the whole. */
const sample = 64;
const maxId = 2 ** 48;
/** `_Gpreempted` is 9; Go 1.25 and later know a few more. */
const maxStatus = 15;

/**
 * Finds `runtime.allgs` among the program's variables: a slice of pointers, each to a goroutine. `undefined`
 * when no slice is one. Its first element is the main goroutine, so a slice of a part of them is not taken.
 */
export function findAllgs(
  memory: CoreMemory,
  variables: readonly AddressRange[],
  g: RuntimeLayout['g'],
): GoroutineList | undefined {
  let best: GoroutineList | undefined;
  const seen = new Set<number>();
  for (const range of variables) {
    scanWords(memory, range, (base, at) => {
      if (base < 4096 || base >= 2 ** 47 || base % 8 !== 0 || at + 24 > range.end) return false;
      const length = memory.u64(at + 8) ?? 0;
      const capacity = memory.u64(at + 16) ?? 0;
      if (length < 1 || length > capacity || capacity > maxGoroutines || length <= (best?.length ?? 0))
        return false;
      if (seen.has(base) && best?.base !== base) return false;
      seen.add(base);
      if (isGoroutineList(memory, { base, length }, g)) best = { base, length };
      return false;
    });
  }
  return best;
}

function isGoroutineList(
  memory: CoreMemory,
  { base, length }: GoroutineList,
  g: RuntimeLayout['g'],
): boolean {
  const first = memory.u64(base) ?? 0;
  // Most slices are out here.
  if (first < 4096 || memory.u64(first + g.goid) !== 1 || !isGoroutine(memory, first, g)) return false;
  const ids = new Set<number>();
  const places = new Set<number>();
  for (let i = 0; i < Math.min(length, sample); i++) places.add(i);
  for (let i = 0; i < sample; i++) places.add(Math.floor((length * i) / sample));
  places.add(length - 1);
  for (const i of places) {
    const address = memory.u64(base + i * 8) ?? 0;
    if (!isGoroutine(memory, address, g)) return false;
    const id = memory.u64(address + g.goid) ?? 0;
    // Those that C threads would run have none yet.
    if (id !== 0 && ids.has(id)) return false;
    ids.add(id);
  }
  return true;
}

/** Whether what lies there has the state, the id and the stack of a goroutine. */
export function isGoroutine(memory: CoreMemory, address: number, g: RuntimeLayout['g']): boolean {
  if (address < 4096 || address >= 2 ** 47 || address % 8 !== 0) return false;
  const word = memory.u32(address + g.status);
  const id = memory.u64(address + g.goid);
  const lo = memory.u64(address + g.stackLo);
  const hi = memory.u64(address + g.stackHi);
  const sp = memory.u64(address + g.sp);
  if (word === undefined || id === undefined || lo === undefined || hi === undefined || sp === undefined)
    return false;
  const status = word & ~scanBit;
  if (status > maxStatus || word >= 2 * scanBit || id > maxId || lo > hi) return false;
  // A dead one may have given its stack back.
  return !isParked(status) || (sp > lo && sp <= hi);
}
