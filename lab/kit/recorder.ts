import type { BulkMemory } from '../core/memory.js';
import { collectRanges, type Ranges } from './ranges.js';

export interface Recorder {
  readonly memory: BulkMemory;
  /** Every byte that was read so far. */
  recorded(): Ranges;
}

const pageSize = 4096;
const wordsPerPage = pageSize / 8;

/** Passes every read on, and remembers which words were read. */
export function recordReads(memory: BulkMemory): Recorder {
  const pages = new Map<number, Uint8Array>();
  const note = (address: number, length: number) => {
    const last = Math.floor((address + length - 1) / 8);
    for (let word = Math.floor(address / 8); word <= last; ) {
      const number = Math.floor(word / wordsPerPage);
      let marks = pages.get(number);
      if (marks === undefined) {
        marks = new Uint8Array(wordsPerPage);
        pages.set(number, marks);
      }
      const stop = Math.min(last, (number + 1) * wordsPerPage - 1);
      marks.fill(1, word - number * wordsPerPage, stop + 1 - number * wordsPerPage);
      word = stop + 1;
    }
  };
  const seen = <T>(address: number, length: number, value: T | undefined): T | undefined => {
    if (value !== undefined) note(address, length);
    return value;
  };
  return {
    memory: {
      view: memory.view,
      held: memory.held,
      heldFrom: memory.heldFrom,
      span(address, length) {
        const at = memory.span(address, length);
        if (at >= 0) note(address, length);
        return at;
      },
      bytes: (address, length) => seen(address, length, memory.bytes(address, length)),
      u8: (address) => seen(address, 1, memory.u8(address)),
      u32: (address) => seen(address, 4, memory.u32(address)),
      u64: (address) => seen(address, 8, memory.u64(address)),
      [Symbol.dispose]: () => memory[Symbol.dispose](),
    },
    recorded() {
      const ranges = collectRanges();
      for (const [page, marks] of pages) {
        const base = page * pageSize;
        for (let from = marks.indexOf(1); from >= 0; ) {
          const zero = marks.indexOf(0, from);
          const to = zero < 0 ? wordsPerPage : zero;
          ranges.add(base + from * 8, base + to * 8);
          from = zero < 0 ? -1 : marks.indexOf(1, to);
        }
      }
      return ranges.finish();
    },
  };
}
