import type { BulkMemory } from '../../core/memory.js';
import { turns } from '../../turns.js';
import type { Range } from './marker.js';
import { fieldsOf, type Marked, markBesides, stackPartsOf } from './reach.js';
import type { ReachSource } from './reach-source.js';
import { stackPointers } from './roots.js';
import type { HeapSpans } from './spans.js';
import { wordsIn } from './words.js';

/** Bytes of what only one goroutine leads to that are looked through, for all of them together. */
const mostBytes = 256 * 1024 * 1024;

/** What alone leads to an object: addresses of the `g` of goroutines, and channels by what lies in their buffers. */
export interface Leaders {
  readonly goroutines: ReadonlySet<number>;
  readonly queues: ReadonlySet<number>;
}

/**
 * Tells of each target that nothing leads to but the stacks of some goroutines, and what waits in some channels, which
 * of them do. Whoever touches it must get it there. Targets to which anything else leads are left out; `undefined` where
 * looking would take too long.
 */
export async function findLeaders(
  source: ReachSource,
  spans: HeapSpans,
  {
    goroutines,
    queues,
    targets,
  }: {
    /** Addresses of a `g` each. */
    readonly goroutines: ReadonlySet<number>;
    /** Addresses of channels of which it is known who receives from them. */
    readonly queues: readonly number[];
    readonly targets: readonly number[];
  },
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Leaders> | undefined> {
  const breathe = turns(signal);
  const { memory } = source;
  const buffers = buffersOf(queues, source, spans);
  const objects = [
    ...[...buffers.values()].map(({ start }) => start),
    ...(source.heap.poolLists ?? []),
  ].filter((address) => spans.objectAt(address) >= 0);
  const marked = await markBesides(source, spans, { goroutines, objects, onwards: true }, signal);
  if (marked === undefined) return undefined;
  const wanted = new Map<number, number[]>();
  for (const target of targets) {
    const object = spans.objectAt(target);
    if (object < 0 || marked.leadsTo(target) || marked.skips(object)) continue;
    wanted.set(object, [...(wanted.get(object) ?? []), target]);
  }
  const found = new Map([...wanted.values()].flat().map((target) => [target, newLeaders()]));
  if (wanted.size === 0) return found;
  const pointers = stackPointers(source.registers);
  const room = { left: mostBytes };
  const look = (starts: readonly Range[], each: (leaders: ReturnType<typeof newLeaders>) => void) =>
    follow(starts, { memory, spans, marked, room }, (object, from) => {
      for (const target of wanted.get(object) ?? []) {
        const leaders = target < from ? undefined : found.get(target);
        if (leaders !== undefined) each(leaders);
      }
    });
  for (const g of goroutines) {
    const own = [fieldsOf(source, g), ...stackPartsOf(source, g, pointers)];
    if (!look(own, (leaders) => leaders.goroutines.add(g))) return undefined;
    await breathe();
  }
  for (const { channel, ...buffer } of buffers.values()) {
    if (!look([buffer], (leaders) => leaders.queues.add(channel))) return undefined;
  }
  return found;
}

const newLeaders = () => ({ goroutines: new Set<number>(), queues: new Set<number>() });

/** By its object, the buffer of each channel in which something waits. */
function buffersOf(
  channels: readonly number[],
  { memory, runtime: { hchan } }: Pick<ReachSource, 'memory' | 'runtime'>,
  spans: HeapSpans,
): ReadonlyMap<number, Range & { readonly channel: number }> {
  const out = new Map<number, Range & { readonly channel: number }>();
  for (const channel of channels) {
    const at = hchan.buffer === undefined ? undefined : memory.u64(channel + hchan.buffer);
    const object = at === undefined ? -1 : spans.objectAt(at);
    if (at === undefined || object < 0 || (memory.u64(channel + hchan.count) ?? 0) === 0) continue;
    const size = spans.sizeOf(spans.lastSpan());
    // Elements without pointers lie behind the channel itself, and lead nowhere.
    if (object !== spans.objectAt(channel)) out.set(object, { channel, start: at, end: at + size });
  }
  return out;
}

/** Looks through what lies behind some memory and is not marked; false where that is too much. */
function follow(
  starts: readonly Range[],
  {
    memory,
    spans,
    marked,
    room,
  }: {
    readonly memory: BulkMemory;
    readonly spans: HeapSpans;
    readonly marked: Marked;
    readonly room: { left: number };
  },
  /** `from`: what lies before this address in the object is not led to. */
  each: (object: number, from: number) => void,
): boolean {
  const lows = new Map<number, number>();
  const work = [...starts];
  for (let range = work.pop(); range !== undefined; range = work.pop()) {
    room.left -= range.end - range.start;
    if (room.left < 0) return false;
    for (const word of wordsIn(memory, range)) {
      const object = spans.objectAt(word);
      if (object < 0 || marked.skips(object)) continue;
      const span = spans.lastSpan();
      const start = spans.startOf(object, span);
      const from = word - ((word - start) % 8);
      const known = lows.get(object) ?? start + spans.sizeOf(span);
      if (from >= known || marked.leadsTo(from)) continue;
      lows.set(object, from);
      each(object, from);
      if (spans.hasPointers(span)) work.push({ start: from, end: known });
    }
  }
  return true;
}
