import type { BulkMemory } from '../core/memory.js';
import { collectRanges, type Ranges } from './ranges.js';

const DT_DEBUG = 21;
const maxLibraries = 4096;
const maxName = 4096;
const mapSize = 64;

/**
 * The dynamic linker's list of libraries, which debuggers read (`r_debug` and `link_map` of link.h): names of files
 * and addresses. Empty of a program that is linked statically.
 */
export function linkMapOf(memory: BulkMemory, dynamic: number | undefined): Ranges {
  const out = collectRanges();
  if (dynamic === undefined) return out.finish();
  for (let at = dynamic; ; at += 16) {
    const tag = memory.u64(at) ?? 0;
    if (tag === 0) break;
    const debug = tag === DT_DEBUG ? (memory.u64(at + 8) ?? 0) : 0;
    if (debug === 0) continue;
    out.add(debug, debug + 40);
    let map = memory.u64(debug + 8) ?? 0;
    for (let i = 0; map !== 0 && i < maxLibraries; i++) {
      out.add(map, map + mapSize);
      const name = memory.u64(map + 8) ?? 0;
      let end = name;
      while (name !== 0 && end < name + maxName && (memory.u8(end) ?? 0) !== 0) end++;
      out.add(name, name === 0 ? 0 : end + 1);
      map = memory.u64(map + 24) ?? 0;
    }
  }
  return out.finish();
}
