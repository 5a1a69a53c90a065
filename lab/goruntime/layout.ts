import type { CoreMemory } from '../core/memory.js';
import { LabError } from '../errors.js';
import { type EvaluateGlobal, type LayoutVariable, type Offsets, structOf } from './fields.js';
import { type LabelsLayout, readLabelsLayout } from './labels.js';
import { type LiveLayout, readLiveLayout } from './live-stacks.js';

/**
 * Where the running program keeps its goroutines and how their structs are laid out, taken from the binary's
 * own debug information, never from a table of Go versions.
 */
export interface RuntimeLayout {
  /** Address of the array of `*g`, and its length. */
  readonly allgs: { readonly base: number; readonly length: number };
  readonly g: {
    readonly goid: number;
    readonly status: number;
    readonly waitReason: number;
    readonly waitSince: number;
    readonly waiting: number;
    readonly pc: number;
    readonly sp: number;
    readonly bp: number;
    readonly stackLo: number;
    readonly stackHi: number;
    readonly startPc: number;
    readonly goPc: number;
  };
  readonly sudog: {
    readonly g: number;
    readonly next: number;
    readonly prev: number;
    readonly elem: number;
    readonly waitLink: number;
    readonly channel: number;
    readonly isSelect: number;
    readonly success: number;
  };
  readonly hchan: {
    readonly count: number;
    readonly capacity: number;
    readonly elemSize: number;
    readonly closed: number;
    readonly elemType: number;
    readonly receivers: number;
    readonly senders: number;
    /** Absent before Go 1.23; set on the channel of a `time.Timer` or `time.Ticker`. */
    readonly timer: number | undefined;
    /** In a `timer`, when it is to run, nanoseconds; 0 when it is not. Absent where the runtime has no such field. */
    readonly timerWhen?: number | undefined;
    /** Where a pointer to the buffer lies. */
    readonly buffer?: number | undefined;
  };
  /** `waitReason` numbers as the binary itself spells them. */
  readonly waitReasons: readonly string[];
  /** Start of the type section of the only module; `undefined` when there are several. */
  readonly types: number | undefined;
  /** Where the code of that module lies; absent where that is not known. */
  readonly code?: { readonly start: number; readonly end: number };
  /** In a `g`, what is told of single goroutines alone; `undefined` where this Go does not have it. */
  readonly ofMembers?: {
    readonly lockedThread: number | undefined;
    /** Since Go 1.21. */
    readonly creator: number | undefined;
  };
  /** Absent where goroutines have no labels. */
  readonly labels?: LabelsLayout | undefined;
  /** Absent where only the stacks of parked goroutines can be read. */
  readonly live?: LiveLayout | undefined;
}

/** Throws `undecided` when the binary has no usable debug information about the runtime. */
export async function readRuntimeLayout(
  evaluate: EvaluateGlobal,
  memory: CoreMemory,
  signal: AbortSignal,
): Promise<RuntimeLayout> {
  const allgs = await evaluate('runtime.allgs', signal);
  if (allgs.base === 0 || allgs.len === 0) throw unknownLayout('runtime.allgs');
  // Any mapped address serves for the offsets: only the distances between the fields count.
  const at = allgs.base;
  // Asked all at once: Delve need not wait for us between two answers.
  const [g, sudog, hchan, timer, moduleTypes, nextModule, reasons, text, textEnd] = await Promise.all([
    structOf('runtime.g', at, evaluate, signal),
    structOf('runtime.sudog', at, evaluate, signal),
    structOf('runtime.hchan', at, evaluate, signal),
    // Not every program has timers.
    structOf('runtime.timer', at, evaluate, signal).catch(() => undefined),
    evaluate('runtime.firstmoduledata.types', signal),
    evaluate('runtime.firstmoduledata.next', signal),
    evaluate('runtime.waitReasonStrings', signal),
    evaluate('runtime.firstmoduledata.text', signal),
    evaluate('runtime.firstmoduledata.etext', signal),
  ]);
  const labels = await readLabelsLayout(evaluate, g, at, signal);
  const code = { start: Number(text.value), end: Number(textEnd.value) };
  return {
    allgs: { base: allgs.base, length: allgs.len },
    g: goroutineOffsets(g),
    sudog: sudogOffsets(sudog),
    hchan: {
      count: need(hchan, 'qcount'),
      capacity: need(hchan, 'dataqsiz'),
      elemSize: need(hchan, 'elemsize'),
      closed: need(hchan, 'closed'),
      elemType: need(hchan, 'elemtype'),
      receivers: need(hchan, 'recvq.first'),
      senders: need(hchan, 'sendq.first'),
      timer: hchan.get('timer'),
      buffer: hchan.get('buf'),
      timerWhen: timer?.get('when'),
    },
    waitReasons: readStrings(memory, reasons),
    ofMembers: { lockedThread: g.get('lockedm'), creator: g.get('parentGoid') },
    labels,
    types: nextModule.value === '0' ? Number(moduleTypes.value) : undefined,
    code,
    live:
      nextModule.value === '0'
        ? await readLiveLayout(evaluate, memory, { g, text: code }, signal)
        : undefined,
  };
}

/** Throws `undecided` when a field is missing. */
export function goroutineOffsets(g: Offsets): RuntimeLayout['g'] {
  return {
    goid: need(g, 'goid'),
    status: need(g, 'atomicstatus'),
    waitReason: need(g, 'waitreason'),
    waitSince: need(g, 'waitsince'),
    waiting: need(g, 'waiting'),
    pc: need(g, 'sched.pc'),
    sp: need(g, 'sched.sp'),
    bp: need(g, 'sched.bp'),
    stackLo: need(g, 'stack.lo'),
    stackHi: need(g, 'stack.hi'),
    startPc: need(g, 'startpc'),
    goPc: need(g, 'gopc'),
  };
}

/** Throws `undecided` when a field is missing. */
export function sudogOffsets(sudog: Offsets): RuntimeLayout['sudog'] {
  return {
    g: need(sudog, 'g'),
    next: need(sudog, 'next'),
    prev: need(sudog, 'prev'),
    elem: need(sudog, 'elem'),
    waitLink: need(sudog, 'waitlink'),
    channel: need(sudog, 'c'),
    isSelect: need(sudog, 'isSelect'),
    success: need(sudog, 'success'),
  };
}

function need(offsets: Offsets, field: string): number {
  const offset = offsets.get(field);
  if (offset === undefined) throw unknownLayout(field);
  return offset;
}

function unknownLayout(what: string): LabError {
  return new LabError(`the executable's debug information does not describe ${what} of the Go runtime`, {
    code: 'undecided',
    hint: 'Build the program without -ldflags=-s and -w.',
  });
}

/** Reads an array of Go strings by the addresses of its elements: independent of Delve's load limits. */
export function readStrings(memory: CoreMemory, array: LayoutVariable): string[] {
  const first = array.children[0]?.addr ?? array.addr;
  const out: string[] = [];
  for (let i = 0; i < array.len; i++) {
    const data = memory.u64(first + i * 16);
    const length = memory.u64(first + i * 16 + 8);
    const ok = data !== undefined && length !== undefined && length < 200;
    out.push(ok ? (memory.bytes(data, length)?.toString('utf8') ?? '') : '');
  }
  return out;
}
