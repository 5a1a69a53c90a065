import type { CoreMemory } from '../../core/memory.js';
import type { AddressRange } from '../../core/program-image.js';
import { scanWords } from '../../core/scan-words.js';
import type { Offsets } from '../fields.js';
import type { RuntimeLayout } from '../layout.js';
import { goroutineStatus, scanBit } from '../status.js';

const maxThreads = 100_000;

export interface ThreadSearch {
  readonly memory: CoreMemory;
  readonly runtime: RuntimeLayout;
  /** Variables that may hold pointers; the first thread's `m` is one of them. */
  readonly variables: readonly AddressRange[];
  readonly m: Offsets;
  readonly g: Offsets;
  /** Threads that must be in the list: those that processors say they run on. */
  readonly known: readonly number[];
}

/**
 * Finds the first element of `runtime.allm`: of all lists of threads, each with a system goroutine that points
 * back at it, that end at the one which is a variable of the program, the longest. `undefined` when there is none,
 * or when a goroutine or a processor is on a thread that is not in it.
 */
export function findAllm({ memory, runtime, variables, m, g, known }: ThreadSearch): number | undefined {
  const [system, id, next, thread] = [m.get('g0'), m.get('procid'), m.get('alllink'), g.get('m')];
  if (system === undefined || id === undefined || next === undefined || thread === undefined)
    return undefined;
  const isThread = (address: number) => memory.u64((memory.u64(address + system) ?? 0) + thread) === address;
  // It is in the list a moment before it has its system goroutine; then it has not run yet either.
  const isNew = (address: number) => memory.u64(address + system) === 0 && memory.u64(address + id) === 0;
  const isVariable = (address: number) =>
    variables.some(({ start, end }) => address >= start && address < end);
  const lists = new Map<number, readonly number[] | undefined>();
  const listFrom = (first: number): readonly number[] | undefined => {
    const list = new Set<number>();
    let last = 0;
    for (let at = first; at !== 0; at = memory.u64(at + next) ?? Number.NaN) {
      if (!(at >= 4096 && at < 2 ** 47 && at % 8 === 0) || list.has(at) || list.size > maxThreads)
        return undefined;
      if (!isThread(at) && !isNew(at)) return undefined;
      list.add(at);
      last = at;
    }
    return isVariable(last) && isThread(last) ? [...list] : undefined;
  };
  let best: readonly number[] | undefined;
  for (const range of variables) {
    scanWords(memory, range, (first) => {
      if (first < 4096 || first >= 2 ** 47 || first % 8 !== 0 || lists.has(first)) return false;
      const list = listFrom(first);
      lists.set(first, list);
      if (list !== undefined && list.length > (best?.length ?? 0)) best = list;
      return false;
    });
  }
  const all = new Set(best);
  const covered = [...known, ...threadsOfGoroutines(memory, runtime, thread)].every((m0) => all.has(m0));
  return covered ? best?.[0] : undefined;
}

/** Of goroutines that run or are in a system call. */
function* threadsOfGoroutines(memory: CoreMemory, { allgs, g }: RuntimeLayout, m: number): Generator<number> {
  for (let i = 0; i < allgs.length; i++) {
    const address = memory.u64(allgs.base + i * 8) ?? 0;
    const status = (memory.u32(address + g.status) ?? 0) & ~scanBit;
    if (status !== goroutineStatus.running && status !== goroutineStatus.syscall) continue;
    const thread = memory.u64(address + m) ?? 0;
    if (thread !== 0) yield thread;
  }
}
