import type { Arch } from '../core/arch.js';
import type { FunctionTable } from '../core/function-table.js';
import type { CoreMemory } from '../core/memory.js';
import type { Offsets } from './fields.js';
import { maxFrames, type RawGoroutine } from './goroutines.js';
import type { RuntimeLayout } from './layout.js';
import { goroutineStatus } from './status.js';

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
  /** The link register, where the processor has one. */
  readonly link?: number;
}

/**
 * Unwinds goroutines by the frame sizes of the function table: those that are parked or may run from where the
 * scheduler left them, those in system calls from their entry into it, and running ones from the
 * registers of their thread. Empty where that is not known: C code, and processors without an `Arch`.
 */
export function tableUnwinder(
  memory: CoreMemory,
  table: FunctionTable,
  layout: RuntimeLayout,
  arch: Arch | undefined,
  { g, m }: { readonly g: Offsets; readonly m: Offsets | undefined },
  threads: ReadonlyMap<number, ThreadPlace>,
): Unwind {
  const word = (address: number, offset: number | undefined) =>
    offset === undefined ? 0 : (memory.u64(address + offset) ?? 0);
  const starts = (address: number, status: number): ThreadPlace[] => {
    const saved = {
      ...{ pc: word(address, layout.g.pc), sp: word(address, layout.g.sp) },
      link: word(address, g.get('sched.lr')),
    };
    if (status === goroutineStatus.syscall)
      return [{ pc: word(address, g.get('syscallpc')), sp: word(address, g.get('syscallsp')) }, saved];
    if (status !== goroutineStatus.running) return [saved];
    const thread = threads.get(word(word(address, g.get('m')), m?.get('procid')));
    // On a stack of the thread's own the goroutine stands where it left its stack.
    return thread === undefined ? [] : [thread, saved];
  };
  return ({ address, status }) => {
    if (arch === undefined) return [];
    const lo = word(address, layout.g.stackLo);
    const hi = word(address, layout.g.stackHi);
    for (const start of starts(address, status)) {
      if (start.sp > lo && start.sp < hi && table.frameSize(start.pc) !== undefined)
        return walk(memory, table, arch, start, hi);
    }
    return [];
  };
}

/** Unwinds goroutines from where the scheduler left them, whatever their status; for processors whose calls push their return address. */
export function savedUnwinder(
  memory: CoreMemory,
  table: FunctionTable,
  layout: RuntimeLayout,
  arch: Arch,
): Unwind {
  const asLeft = tableUnwinder(memory, table, layout, arch, { g: new Map(), m: undefined }, new Map());
  return ({ address }) => asLeft({ address, status: goroutineStatus.runnable });
}

/** Functions that a signal makes another one call, wherever that happens to be (`isInjectedCall` of traceback.go). */
const injected: ReadonlySet<string> = new Set([
  'runtime.asyncPreempt',
  'runtime.sigpanic',
  'runtime.debugCallV2',
]);

function walk(
  memory: CoreMemory,
  table: FunctionTable,
  arch: Arch,
  start: ThreadPlace,
  hi: number,
): UnwoundFrame[] {
  const frames: UnwoundFrame[] = [];
  /** Whether the function has not gone on to what follows a call: it was interrupted, or is the innermost. */
  let stopped = true;
  let { pc, link = 0 } = start;
  for (let at = start.sp; frames.length < maxFrames; ) {
    // A return address may lie behind the last instruction of its function.
    const within: number = stopped ? pc : pc - 1;
    const size = table.frameSize(within);
    if (size === undefined) break;
    const end = Math.min(at + size + arch.callBytes, hi);
    frames.push({ pc, offset: end - hi });
    if (end === hi) break;
    const saved = memory.u64(arch.callBytes > 0 ? end - arch.callBytes : at) ?? 0;
    // A function that has no frame yet, or no longer, has saved nothing.
    const returns = arch.callBytes > 0 || size > 0 || link === 0 ? saved : link;
    if (returns === 0) break;
    stopped = arch.injectedBytes > 0 && injected.has(table.frames(within).at(-1)?.function ?? '');
    link = stopped ? (memory.u64(end) ?? 0) : 0;
    at = stopped ? end + arch.injectedBytes : end;
    pc = returns;
  }
  return frames;
}
