import type { CoreMemory } from '../core/memory.js';
import type { RuntimeLayout } from './layout.js';
import type { SyncLayout } from './sync-objects.js';

/** `Cond.Wait` and what it calls stand within this many bytes of the stack pointer. */
const searched = 1024;
const maxWaiters = 4_000_000;

/** The goroutines on each list that was looked at, by the address of its head word. */
export type KnownLists = Map<number, ReadonlySet<number>>;

/**
 * The `sync.Cond` that a goroutine waits for. The runtime notes it nowhere in the `g`, but the frames of
 * `Cond.Wait` and `notifyListWait` keep a pointer to it; the right one is told by its list, on which this very
 * goroutine stands. `undefined` when no word near the stack pointer leads to such a list.
 */
export function findCond(
  memory: CoreMemory,
  layout: RuntimeLayout,
  sync: SyncLayout,
  g: number,
  known: KnownLists,
): number | undefined {
  const { cond } = sync;
  const sp = memory.u64(g + layout.g.sp);
  const lo = memory.u64(g + layout.g.stackLo) ?? 0;
  const hi = memory.u64(g + layout.g.stackHi);
  if (cond === undefined || sp === undefined || hi === undefined) return undefined;
  const on = (address: number) => {
    const given = memory.u32(address + cond.wait) ?? 0;
    const notified = memory.u32(address + cond.notify) ?? 0;
    // Tickets wrap around, so only their distance counts; a word beside the list does not have it.
    if (((given - notified) | 0) <= 0) return false;
    const head = address + cond.head;
    const list = known.get(head) ?? waitersAt(memory, layout, head);
    known.set(head, list);
    return list.has(g);
  };
  for (let at = sp; at < Math.min(sp + searched, hi); at += 8) {
    const word = memory.u64(at);
    // A condition variable is shared and so never on a stack; variables of the runtime's frames are.
    if (word === undefined || word === 0 || (word >= lo && word < hi)) continue;
    if (on(word)) return word - cond.list;
    if (on(word + cond.list)) return word;
  }
  return undefined;
}

function waitersAt(memory: CoreMemory, layout: RuntimeLayout, head: number): ReadonlySet<number> {
  const out = new Set<number>();
  let sudog = memory.u64(head) ?? 0;
  while (sudog !== 0 && out.size < maxWaiters) {
    const g = memory.u64(sudog + layout.sudog.g);
    // What is no list ends soon, or runs in circles.
    if (g === undefined || out.has(g)) break;
    out.add(g);
    sudog = memory.u64(sudog + layout.sudog.next) ?? 0;
  }
  return out;
}
