import { type Arch, archOfLinkedFrame } from '../core/arch.js';
import type { CoreMemory } from '../core/memory.js';
import type { EvaluateGlobal, Offsets } from './fields.js';
import { goroutineStatus } from './status.js';

/** What it takes to read the stack of a goroutine that is not parked but does not run at this moment either. */
export interface LiveLayout {
  /** Offset of `g.m`: the thread that it is on, or is just being put on. */
  readonly thread: number;
  /** Where a system call was entered; absent before Go 1.23, which keeps no frame pointer of it. */
  readonly syscall: { readonly pc: number; readonly sp: number; readonly bp: number } | undefined;
  /** Addresses of the program's code. */
  readonly text: { readonly start: number; readonly end: number };
  /** Entry of the function that a signal makes a goroutine call where it happens to be. */
  readonly asyncPreempt: number;
  readonly arch: Pick<Arch, 'framePointerBelow'>;
  /** Offset of `g.sched.lr`; absent where calls push their return address. */
  readonly link: number | undefined;
}

/** Registers to walk a stack from. */
export interface StackStart {
  readonly pc: number;
  readonly sp: number;
  readonly bp: number;
  /** Where the innermost function returns to, when no frame tells; 0 when it does. */
  readonly link: number;
}

/** It ends earlier; what lies behind it is only told apart needlessly. */
const asyncPreemptBytes = 1024;
/** Of a frame whose caller is looked for. */
const maxRegion = 64 * 1024;

/** `undefined` where such stacks cannot be read for sure: another architecture, several modules. */
export async function readLiveLayout(
  evaluate: EvaluateGlobal,
  memory: CoreMemory,
  { g, text }: { readonly g: Offsets; readonly text: LiveLayout['text'] },
  signal: AbortSignal,
): Promise<LiveLayout | undefined> {
  const thread = g.get('m');
  try {
    const { base: asyncPreempt } = await evaluate('runtime.asyncPreempt', signal);
    const arch = archOfLinkedFrame((length) => memory.bytes(asyncPreempt, length));
    if (arch === undefined || thread === undefined || !(text.start > 0) || !(text.end > text.start))
      return undefined;
    const [pc, sp, bp] = [g.get('syscallpc'), g.get('syscallsp'), g.get('syscallbp')];
    const known = pc !== undefined && sp !== undefined && bp !== undefined;
    const syscall = known ? { pc, sp, bp } : undefined;
    const link = arch.callBytes === 0 ? g.get('sched.lr') : undefined;
    return { thread, syscall, text, asyncPreempt, arch, link };
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

/**
 * Where the stack of a goroutine begins that could run, or is in a system call. `undefined` when it is kept in a
 * thread's registers alone, or is just changing.
 */
export function liveStart(
  memory: CoreMemory,
  { g, live }: { readonly g: Record<'pc' | 'sp' | 'bp', number>; readonly live?: LiveLayout | undefined },
  address: number,
  status: number,
): StackStart | undefined {
  if (live === undefined) return undefined;
  const read = (pc: number, sp: number, bp: number, link?: number) => {
    const start = {
      pc: memory.u64(address + pc) ?? 0,
      sp: memory.u64(address + sp) ?? 0,
      bp: memory.u64(address + bp) ?? 0,
      link: link === undefined ? 0 : (memory.u64(address + link) ?? 0),
    };
    return start.pc === 0 || start.sp === 0 ? undefined : start;
  };
  if (status === goroutineStatus.syscall) {
    return live.syscall === undefined ? undefined : read(live.syscall.pc, live.syscall.sp, live.syscall.bp);
  }
  if (status !== goroutineStatus.runnable && status !== goroutineStatus.preempted) return undefined;
  return memory.u64(address + live.thread) === 0 ? read(g.pc, g.sp, g.bp, live.link) : undefined;
}

/**
 * The return addresses of such a stack, innermost first, into `out`; how many they are, or -1 when it cannot be
 * followed to its end. A function that was interrupted before it linked its frame, or after, is not followed by its
 * caller in the chain of frame pointers; but the caller's address lies below the next frame. So every address of
 * code that lies there is put between the others: stacks with the same numbers have the same frames.
 */
export function liveFrames(
  memory: CoreMemory,
  live: LiveLayout,
  { pc, sp, bp, link }: StackStart,
  stack: { readonly lo: number; readonly hi: number },
  out: Float64Array,
): number {
  let depth = 0;
  const between = (from: number, frame: number): boolean => {
    const to = frame === 0 ? stack.hi : frame;
    if (from < stack.lo || from > to || to > stack.hi || to - from > maxRegion) return false;
    out[depth++] = -1;
    for (let at = from; at + 8 <= to && depth + 2 < out.length; at += 8) {
      const word = memory.u64(at);
      if (word === undefined) return false;
      if (word >= live.text.start && word < live.text.end) out[depth++] = word;
    }
    out[depth++] = -1;
    return true;
  };
  if (link !== 0) out[depth++] = link;
  if (!between(sp - live.arch.framePointerBelow, bp)) return -1;
  let inner = pc;
  for (let frame = bp; frame !== 0; ) {
    if (depth + 4 > out.length) return depth;
    if (frame < stack.lo || frame + 16 > stack.hi) return -1;
    const next = memory.u64(frame);
    const back = memory.u64(frame + 8);
    if (next === undefined || back === undefined || (next !== 0 && next <= frame)) return -1;
    out[depth++] = back;
    const interrupted = inner >= live.asyncPreempt && inner < live.asyncPreempt + asyncPreemptBytes;
    if (interrupted && !between(frame + 16, next)) return -1;
    inner = back;
    frame = next;
  }
  return depth;
}
