import type { FunctionTable } from '../core/function-table.js';
import type { CoreMemory } from '../core/memory.js';
import { goroutineStatus, maxFrames, type RawGoroutine } from './goroutines.js';
import type { Offsets, RuntimeLayout } from './layout.js';

/** The frames of a stack, innermost first. */
export type Unwind = (goroutine: Pick<RawGoroutine, 'address' | 'status'>) => readonly UnwoundFrame[];

export interface UnwoundFrame {
  /** The first as it is, the others return addresses. */
  readonly pc: number;
  /** Bytes from the top of the stack to the frame's end, negative. */
  readonly offset: number;
}

/** Where a thread stood when the core was made. */
export interface ThreadPlace {
  readonly pc: number;
  readonly sp: number;
}

/**
 * Unwinds goroutines by the frame sizes of the function table: those that are parked or may run from where the
 * scheduler left them, those in system calls from their entry into it, and running ones from the
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

function walk(
  memory: CoreMemory,
  table: FunctionTable,
  from: number,
  sp: number,
  hi: number,
): UnwoundFrame[] {
  const frames: UnwoundFrame[] = [];
  for (let pc = from, at = sp; frames.length < maxFrames; ) {
    // A return address may lie behind the last instruction of its function.
    const size = table.frameSize(frames.length === 0 ? pc : pc - 1);
    if (size === undefined) break;
    const end = Math.min(at + size + 8, hi);
    frames.push({ pc, offset: end - hi });
    if (end === hi) break;
    pc = memory.u64(end - 8) ?? 0;
    if (pc === 0) break;
    at = end;
  }
  return frames;
}
