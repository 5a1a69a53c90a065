import type { CoreMemory } from '../core/memory.js';
import type { RuntimeLayout } from './layout.js';

/** The upper ends of the stacks of these goroutines, by their ids. */
export function readGoroutineStackTops(
  memory: CoreMemory,
  layout: RuntimeLayout,
  ids: ReadonlySet<number>,
): ReadonlyMap<number, number> {
  const out = new Map<number, number>();
  for (let i = 0; i < layout.allgs.length && out.size < ids.size; i++) {
    const g = memory.u64(layout.allgs.base + i * 8) ?? 0;
    const id = g === 0 ? 0 : (memory.u64(g + layout.g.goid) ?? 0);
    if (!ids.has(id)) continue;
    const top = memory.u64(g + layout.g.stackHi);
    if (top !== undefined) out.set(id, top);
  }
  return out;
}
