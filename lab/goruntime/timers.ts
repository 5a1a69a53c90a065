import type { BulkMemory } from '../core/memory.js';
import { LabError } from '../errors.js';
import { type EvaluateGlobal, structIfAny } from './fields.js';

/** Evaluates an expression of package variables to a number; `undefined` when the binary has nothing of that name. */
export type EvaluateNumber = (expression: string) => Promise<number | undefined>;

/**
 * How many timers a P keeps, by Go version: `p.timers.len` since 1.23, `p.numTimers` as an atomic type since
 * 1.20 and as a plain number since 1.14 (runtime2.go, time.go).
 */
const countsOfTimers = ['timers.len.value', 'numTimers.value', 'numTimers'];

/**
 * Whether a timer is pending: a `time.AfterFunc` runs code that is on no stack yet. `undefined` when it cannot be
 * read.
 */
export async function hasPendingTimers(evaluate: EvaluateNumber): Promise<boolean | undefined> {
  const processors = await evaluate('len(runtime.allp)');
  if (processors === undefined) return undefined;
  for (const field of countsOfTimers) {
    let total = 0;
    let known = true;
    for (let i = 0; i < processors && known; i++) {
      const count = await evaluate(`runtime.allp[${i}].${field}`);
      if (count === undefined) known = false;
      else total += count;
    }
    if (known) return total > 0;
  }
  return undefined;
}

/** Where a processor keeps its timers: pairs of a timer and its time since Go 1.23, before that pointers to timers. */
const heapsOfTimers = [
  { field: 'timers.heap', stride: 16 },
  { field: 'timers', stride: 8 },
] as const;
const mostTimers = 4_000_000;

/**
 * The channels that a pending timer will send to, of timers whose channel has no mark: all of them up to Go 1.22, later
 * where `asynctimerchan=1` is set, as in a module of an older Go. `undefined` when that cannot be read.
 */
export async function channelsOfPendingTimers(
  evaluate: EvaluateGlobal,
  memory: BulkMemory,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
): Promise<ReadonlySet<number> | undefined> {
  const arg = (await structIfAny('runtime.timer', at, evaluate, signal)).get('arg');
  if (arg === undefined) return undefined;
  const processors = await evaluate('runtime.allp', signal);
  for (const { field, stride } of heapsOfTimers) {
    const out = new Set<number>();
    for (let i = 0; i < processors.len; i++) {
      const heap = await ifAny(evaluate(`runtime.allp[${i}].${field}`, signal));
      if (heap === undefined) break;
      if (heap.len > mostTimers) return undefined;
      for (let t = 0; t < heap.len; t++) {
        const timer = memory.u64(heap.base + t * stride);
        // Its argument is an interface, the second word of which is the channel.
        const channel = timer === undefined ? undefined : memory.u64(timer + arg + 8);
        if (channel === undefined) return undefined;
        out.add(channel);
      }
      if (i === processors.len - 1) return out;
    }
  }
  return undefined;
}

async function ifAny<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof LabError && error.code === 'undecided') return undefined;
    throw error;
  }
}
