import type { CoreMemory } from '../core/memory.js';
import type { AddressRange } from '../core/program-image.js';
import { scanWords } from '../core/scan-words.js';
import type { Offsets } from './fields.js';

const maxProcessors = 4096;

/**
 * Finds the elements of `runtime.allp` among the program's variables: a slice whose `i`th element is a processor
 * with the number `i`, and with a write barrier's buffer that points into itself. `undefined` when there is none.
 */
export function findAllp(
  memory: CoreMemory,
  variables: readonly AddressRange[],
  p: Offsets,
  size: number,
): readonly number[] | undefined {
  const [id, next, mcache] = ['id', 'wbBuf.next', 'mcache'].map((name) => p.get(name));
  if (id === undefined || next === undefined || mcache === undefined) return undefined;
  const isProcessor = (address: number, number: number) => {
    const buffer = memory.u64(address + next) ?? 0;
    return (
      memory.u32(address + id) === number &&
      buffer > address &&
      buffer <= address + size &&
      memory.u64(address + mcache) !== 0
    );
  };
  let found: number[] | undefined;
  for (const range of variables) {
    scanWords(memory, range, (base, at) => {
      if (base < 4096 || base >= 2 ** 47 || base % 8 !== 0 || at + 24 > range.end) return false;
      const length = memory.u64(at + 8) ?? 0;
      const capacity = memory.u64(at + 16) ?? 0;
      if (length < 1 || length > capacity || length > maxProcessors) return false;
      const all = Array.from({ length }, (_, i) => memory.u64(base + i * 8) ?? 0);
      if (!all.every((address, i) => address >= 4096 && isProcessor(address, i))) return false;
      found = all;
      return true;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}
