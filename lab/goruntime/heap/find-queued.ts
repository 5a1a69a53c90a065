import type { CoreMemory } from '../../core/memory.js';
import type { AddressRange } from '../../core/program-image.js';
import { scanWords } from '../../core/scan-words.js';
import type { HeapLayout } from './layout.js';

/**
 * Blocks of what is to be run for objects that were collected: bytes of a block, and the places of the address of
 * the next of all blocks, and of the number of entries, which are at most so many.
 */
interface BlockKind {
  readonly size: number;
  readonly next: number;
  readonly count: number;
  readonly most: number;
}

/**
 * runtime/mfinal.go (`finBlock`) and, since Go 1.25, mcleanup.go (`cleanupBlock`, whose entries were one word long
 * at first). Behind the 32-bit count are 32 bits that are always zero.
 */
const kinds: readonly BlockKind[] = [
  { size: 4096, next: 0, count: 16, most: 101 },
  { size: 512, next: 16, count: 24, most: 60 },
];
const maxBlocks = 1_000_000;

/**
 * Finds the blocks of finalizers and cleanups that are to be run, without knowing the variables that lead to them:
 * `runtime.allfin` and `runtime.gcCleanups.all` each begin a list of all blocks there are, so what begins at any
 * word of the program's variables and could be such a list is taken for one. That the goroutine which runs them is
 * parked does not tell that nothing is queued: it is woken a moment after something was. Whatever is taken wrongly
 * only leads to more of the heap.
 */
export function findQueued(memory: CoreMemory, variables: readonly AddressRange[]): HeapLayout['queued'] {
  const seen = kinds.map(() => new Set<number>());
  const out: HeapLayout['queued'][number][] = [];
  const isBlock = (at: number, { size, count, most }: BlockKind) =>
    at >= 4096 &&
    at < 2 ** 47 &&
    at % 8 === 0 &&
    (memory.u64(at + count) ?? Number.NaN) <= most &&
    memory.u8(at + size - 1) !== undefined;
  for (const range of variables) {
    scanWords(memory, range, (first) => {
      if (first < 4096 || first >= 2 ** 47 || first % 8 !== 0) return false;
      for (const [i, kind] of kinds.entries()) {
        const known = seen[i] ?? new Set();
        for (let at = first; known.size < maxBlocks && !known.has(at) && isBlock(at, kind); ) {
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
