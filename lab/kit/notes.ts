import type { WordRule } from './words.js';

const NT_PRSTATUS = 1;
const NT_FPREGSET = 2;
const NT_X86_XSTATE = 0x202;
const NT_DELVE_THREAD = 0x444c5654;
/** `pr_reg` of `struct elf_prstatus`; behind it is one word more, whether there are floating point registers. */
const registersAt = 112;
/** Control words of FXSAVE; what lies before the header of XSAVE for software, and that header (Intel's manual). */
const controlWords = 32;
const legacyEnd = 464;
const xsaveHeaderEnd = 576;
/** `struct user_fpsimd_state` of arm64: 32 vectors, then what controls them. */
const armVectorsSize = 528;
const armVectors = 512;

/** Types of notes that hold no register, or only ones that are looked at here (elf.h, gdb, Delve's elfwriter). */
const NT_PRPSINFO = 3;
const NT_AUXV = 6;
const NT_FILE = 0x46494c45;
const NT_SIGINFO = 0x53494749;
const NT_ARM_TLS = 0x401;
const NT_GDB_TDESC = 0xff000000;
const NT_DELVE = 0x444c5645;
const known: ReadonlySet<number> = new Set([
  ...[NT_PRSTATUS, NT_FPREGSET, NT_PRPSINFO, NT_AUXV, NT_X86_XSTATE, NT_ARM_TLS],
  ...[NT_FILE, NT_SIGINFO, NT_GDB_TDESC, NT_DELVE, NT_DELVE_THREAD],
]);

/**
 * The notes of a core without data in registers: a thread that was copying a request has it in its vector registers.
 * Notes of unknown types are left out.
 */
export function scrubNotes(notes: Buffer, rule: WordRule): Buffer {
  const out: Buffer[] = [];
  for (let at = 0; at + 12 <= notes.length; ) {
    const nameSize = notes.readUInt32LE(at);
    const descSize = notes.readUInt32LE(at + 4);
    const type = notes.readUInt32LE(at + 8);
    const descAt = at + 12 + align4(nameSize);
    const end = descAt + align4(descSize);
    if (end > notes.length) break;
    if (known.has(type)) {
      const note = Buffer.from(notes.subarray(at, end));
      scrubOne(note.subarray(descAt - at, descAt - at + descSize), type, rule);
      out.push(note);
    }
    at = end;
  }
  return Buffer.concat(out);
}

function scrubOne(desc: Buffer, type: number, rule: WordRule): void {
  switch (type) {
    case NT_PRSTATUS:
      if (desc.length > registersAt) rule.scrub(desc.subarray(registersAt, desc.length - (desc.length % 8)));
      return;
    case NT_FPREGSET:
      if (desc.length === armVectorsSize) desc.fill(0, 0, armVectors);
      else desc.fill(0, controlWords);
      return;
    case NT_X86_XSTATE:
      desc.fill(0, controlWords, legacyEnd);
      desc.fill(0, xsaveHeaderEnd);
      return;
    case NT_DELVE_THREAD:
      scrubDelveThread(desc, rule);
      return;
  }
}

/** Named registers behind a fixed part: see `registersOfDelve` in lab/core/registers.ts. */
function scrubDelveThread(desc: Buffer, rule: WordRule): void {
  if (desc.length < 53) return;
  const count = desc.readUInt32LE(49);
  for (let i = 0, at = 53; i < count && at + 2 <= desc.length; i++) {
    const data = at + 2 + desc.readUInt16LE(at);
    if (data + 2 > desc.length) return;
    const size = desc.readUInt16LE(data);
    const value = desc.subarray(data + 2, data + 2 + size);
    if (size === 8) {
      const aligned = Buffer.from(value);
      rule.scrub(aligned);
      aligned.copy(value);
    } else if (size > 8) value.fill(0);
    at = data + 2 + size;
  }
}

const align4 = (n: number) => (n + 3) & ~3;
