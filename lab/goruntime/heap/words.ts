import { type BulkMemory, wordAt } from '../../core/memory.js';
import type { Range } from './marker.js';

const page = 4096;

/** The words of some memory; what is not in the core has none. */
export function* wordsIn(memory: BulkMemory, { start, end }: Range): Iterable<number> {
  for (let at = Math.ceil(start / 8) * 8; at + 8 <= end; ) {
    const stop = Math.min(end, at - (at % page) + page);
    const found = memory.span(at, stop - at);
    for (let i = 0; found >= 0 && i + 8 <= stop - at; i += 8) yield wordAt(memory.view, found + i);
    at = stop;
  }
}
