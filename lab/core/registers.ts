import { archOf } from './arch.js';
import { u64 } from './elf-format.js';

/** Registers of one thread when the core was taken. */
export interface ThreadRegisters {
  readonly thread: number;
  /** The program counter and the stack pointer. */
  readonly pc: number;
  readonly sp: number;
  /** Where the innermost function returns to, unless it saved that; absent where calls push it. */
  readonly link?: number;
  /** Every general register: any of them may hold a pointer. Values beyond 2^53 are no addresses. */
  readonly words: readonly number[];
}

/** `pr_reg` of `struct elf_prstatus`. */
const registersAt = 112;

/** From an `NT_PRSTATUS` note; `undefined` for a machine whose registers are not known here. */
export function registersOfStatus(desc: Buffer, arch: string): ThreadRegisters | undefined {
  const known = archOf(arch)?.registers;
  if (known === undefined || desc.length < registersAt + known.count * 8) return undefined;
  const words = Array.from({ length: known.count }, (_, i) => u64(desc, registersAt + i * 8));
  return {
    ...{ thread: desc.readInt32LE(32), pc: words[known.pc] ?? 0, sp: words[known.sp] ?? 0, words },
    ...(known.link === undefined ? {} : { link: words[known.link] ?? 0 }),
  };
}

/**
 * From the note that Delve's `dump` writes for a thread where it knows no better (`dumpThreadNotes` in its
 * pkg/proc/dump.go): id, pc, sp, bp, tls, whether the g is known, the g, and a list of named registers.
 */
export function registersOfDelve(desc: Buffer): ThreadRegisters | undefined {
  if (desc.length < 53) return undefined;
  const words = [8, 16, 24, 32, 41].map((at) => u64(desc, at));
  const count = desc.readUInt32LE(49);
  for (let i = 0, at = 53; i < count && at + 2 <= desc.length; i++) {
    const data = at + 2 + desc.readUInt16LE(at);
    if (data + 2 > desc.length) return undefined;
    const size = desc.readUInt16LE(data);
    if (data + 2 + size > desc.length) return undefined;
    for (let byte = 0; byte + 8 <= size; byte += 8) words.push(u64(desc, data + 2 + byte));
    at = data + 2 + size;
  }
  return { thread: u64(desc, 0), pc: u64(desc, 8), sp: u64(desc, 16), words };
}
