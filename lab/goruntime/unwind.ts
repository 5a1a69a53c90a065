import type { FunctionTable } from '../core/function-table.js';
import type { CoreMemory } from '../core/memory.js';
import { goroutineStatus, maxFrames, type RawGoroutine } from './goroutines.js';
import type { Offsets, RuntimeLayout } from './layout.js';

/** The program counters of a stack, innermost first: the first as it is, the others return addresses. */
export type Unwind = (goroutine: Pick<RawGoroutine, 'address' | 'status'>) => readonly number[];

/** Where a thread stood when the core was made. */
export interface ThreadPlace {
  readonly pc: number;
  readonly sp: number;
}

/**
 * Unwinds goroutines that are not parked, by the frame sizes of the function table: those that may run from
 * where the scheduler left them, those in system calls from their entry into it, and running ones from the
 * registers of their thread. Empty where that is not known: C code, and other architectures than amd64.
 */
export function tableUnwinder(
  memory: CoreMemory,
  table: FunctionTable,
  layout: RuntimeLayout,
  { g, m }: { readonly g: Offsets; readonly m: Offsets | undefined },
  threads: ReadonlyMap<number, ThreadPlace>,
): Unwind {
  const word = (address: number, offset: number | undefined) =>
    offset === undefined ? 0 : (memory.u64(address + offset) ?? 0);
  const starts = (address: number, status: number): ThreadPlace[] => {
    const saved = { pc: word(address, layout.g.pc), sp: word(address, layout.g.sp) };
    if (status === goroutineStatus.syscall)
      return [{ pc: word(address, g.get('syscallpc')), sp: word(address, g.get('syscallsp')) }, saved];
    if (status !== goroutineStatus.running) return [saved];
    const thread = threads.get(word(word(address, g.get('m')), m?.get('procid')));
    // On a stack of the thread's own the goroutine stands where it left its stack.
    return thread === undefined ? [] : [thread, saved];
  };
  return ({ address, status }) => {
    const lo = word(address, layout.g.stackLo);
    const hi = word(address, layout.g.stackHi);
    for (const { pc, sp } of starts(address, status)) {
      if (sp > lo && sp < hi && table.frameSize(pc) !== undefined) return walk(memory, table, pc, sp, hi);
    }
    return [];
  };
}

function walk(memory: CoreMemory, table: FunctionTable, from: number, sp: number, hi: number): number[] {
  const pcs = [from];
  let at = sp;
  for (let pc = from; pcs.length < maxFrames; ) {
    // A return address may lie behind the last instruction of its function.
    const size = table.frameSize(pc === from ? pc : pc - 1);
    if (size === undefined || at + size + 8 > hi) break;
    pc = memory.u64(at + size) ?? 0;
    if (pc === 0 || table.frames(pc - 1).length === 0) break;
    pcs.push(pc);
    at += size + 8;
  }
  return pcs;
}
