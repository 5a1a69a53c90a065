import type { CoreMemory } from '../../core/memory.js';
import type { AddressRange } from '../../core/program-image.js';
import { scanWords } from '../../core/scan-words.js';
import type { HeapLayout } from './layout.js';

/**
 * Blocks of what is to be run for objects that were collected: bytes of a block, the places of the address of the
 * next of all blocks, of the number of entries, which are at most so many, and of the first of them.
 */
interface BlockKind {
  readonly size: number;
  readonly next: number;
  readonly count: number;
  readonly most: number;
  readonly entries: number;
}

/**
 * runtime/mfinal.go (`finBlock`) and, since Go 1.25, mcleanup.go (`cleanupBlock`, whose entries were one word long
 * at first). Behind the 32-bit count are 32 bits that are always zero. An entry begins with a function value.
 */
const kinds: readonly BlockKind[] = [
  { size: 4096, next: 0, count: 16, most: 101, entries: 24 },
  { size: 512, next: 16, count: 24, most: 60, entries: 32 },
];
const maxBlocks = 1_000_000;

export interface QueueSearch {
  readonly memory: CoreMemory;
  /** Variables of the program, those that hold no pointers for the garbage collector among them. */
  readonly variables: readonly AddressRange[];
  readonly code: AddressRange;
  readonly isInHeap: (address: number) => boolean;
}

/**
 * Finds the blocks of finalizers and cleanups that are to be run, without knowing the variables that lead to them:
 * `runtime.allfin` and `runtime.gcCleanups.all` each begin a list of all blocks there are, so what begins at any
 * word of the program's variables and could be such a list is taken for one. That the goroutine which runs them is
 * parked does not tell that nothing is queued: it is woken a moment after something was. Whatever is taken wrongly
 * only leads to more of the heap.
 */
export function findQueued({ memory, variables, code, isInHeap }: QueueSearch): HeapLayout['queued'] {
  const seen = kinds.map(() => new Set<number>());
  const out: HeapLayout['queued'][number][] = [];
  // The runtime gets them from the operating system, outside of the heap.
  const isApart = (at: number) =>
    at >= 4096 &&
    at < 2 ** 47 &&
    at % 8 === 0 &&
    !variables.some(({ start, end }) => at >= start && at < end) &&
    !isInHeap(at);
  // Being filled or emptied, it may lack its function for a moment.
  const isEntry = (at: number) => {
    const called = memory.u64(at) ?? 0;
    const target = called === 0 ? code.start : (memory.u64(called) ?? 0);
    return target >= code.start && target < code.end;
  };
  const isBlock = (at: number, { size, count, most, entries }: BlockKind) => {
    const filled = memory.u64(at + count) ?? Number.NaN;
    return (
      filled <= most && (filled === 0 || isEntry(at + entries)) && memory.u8(at + size - 1) !== undefined
    );
  };
  for (const range of variables) {
    scanWords(memory, range, (first) => {
      if (first === 0 || !isApart(first)) return false;
      for (const [i, kind] of kinds.entries()) {
        const known = seen[i] ?? new Set();
        for (let at = first; known.size < maxBlocks && !known.has(at) && isApart(at) && isBlock(at, kind); ) {
          known.add(at);
          if (memory.u64(at + kind.count) !== 0) out.push({ first: at, next: undefined, size: kind.size });
          at = memory.u64(at + kind.next) ?? 0;
        }
      }
      return false;
    });
  }
  return out;
}
