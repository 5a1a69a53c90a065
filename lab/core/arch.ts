/** What differs between the processors that Go's cores come from, as far as reading a core rests on it. */
export interface Arch {
  /** Words of `pr_reg` in a thread's `NT_PRSTATUS` note (sys/user.h), and which of them are these registers. */
  readonly registers: {
    readonly count: number;
    readonly pc: number;
    readonly sp: number;
    /** The link register; absent where a call pushes its return address. */
    readonly link?: number;
  };
  /** Bytes of stack that a call takes for the return address; 0 where the callee saves it, at its stack pointer. */
  readonly callBytes: number;
  /** Bytes from the frame pointer up to the stack pointer of a function that has made its frame. */
  readonly framePointerBelow: number;
  /** Bytes between an interrupted function and the call that a signal put into it (`pushCall` of signal_*.go). */
  readonly injectedBytes: number;
  /** Instructions that link a frame, and within how many bytes `runtime.asyncPreempt` has them (preempt_*.s). */
  readonly linkedFrame: { readonly code: Buffer; readonly within: number };
}

/** By Go's name. */
const architectures: Readonly<Record<string, Arch>> = {
  amd64: {
    registers: { count: 27, pc: 16, sp: 19 },
    callBytes: 8,
    framePointerBelow: 0,
    injectedBytes: 0,
    // PUSHQ BP; MOVQ SP, BP
    linkedFrame: { code: Buffer.from('554889e5', 'hex'), within: 4 },
  },
  arm64: {
    registers: { count: 34, pc: 32, sp: 31, link: 30 },
    callBytes: 0,
    framePointerBelow: 8,
    injectedBytes: 16,
    // MOVD R29, -8(RSP); SUB $8, RSP, R29
    linkedFrame: { code: Buffer.from('fd831ff8fd2300d1', 'hex'), within: 32 },
  },
};

/** `undefined` for a processor whose registers and stacks are not known here. */
export function archOf(name: string): Arch | undefined {
  return Object.hasOwn(architectures, name) ? architectures[name] : undefined;
}

/** That whose instructions link a frame at the beginning of this function. */
export function archOfLinkedFrame(bytes: (length: number) => Buffer | undefined): Arch | undefined {
  return Object.values(architectures).find(
    ({ linkedFrame: { code, within } }) => bytes(within)?.includes(code) === true,
  );
}

/** Bytes of a cache line, to which Go pads what several processors use (internal/cpu); by Go's name. */
export const cacheLines: Readonly<Record<string, number>> = {
  ...{ amd64: 64, arm64: 128, riscv64: 64, loong64: 64 },
};
