import { u64 } from './elf-format.js';
import type { CoreMemory } from './memory.js';

const chunk = 65_536;
const page = 4096;

/** Calls `visit` with each aligned 64-bit word of a range and its address, until it returns true. */
export function scanWords(
  memory: CoreMemory,
  { start, end }: { readonly start: number; readonly end: number },
  visit: (word: number, address: number) => boolean | undefined,
): boolean {
  for (let at = Math.ceil(start / 8) * 8; at < end; ) {
    const length = Math.min(chunk - (at % chunk), end - at);
    const step = memory.bytes(at, length) === undefined ? Math.min(page - (at % page), length) : length;
    const found = memory.bytes(at, step);
    // The bytes are gone with the next read, which `visit` may well make.
    const words = found === undefined ? undefined : Buffer.from(found);
    for (let i = 0; words !== undefined && i + 8 <= words.length; i += 8) {
      if (visit(u64(words, i), at + i) === true) return true;
    }
    at = found === undefined ? memory.heldFrom(at + step) : at + step;
  }
  return false;
}
