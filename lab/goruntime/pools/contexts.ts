import type { BulkMemory } from '../../core/memory.js';
import type { ContextLayout } from '../contexts.js';
import { objectsLike } from '../heap/objects.js';
import type { HeapSpans } from '../heap/spans.js';
import { typeName } from '../runtime-types.js';

export interface ContextSource {
  readonly memory: BulkMemory;
  readonly spans: HeapSpans;
  /** Start of the type section. */
  readonly types: number;
  readonly layout: ContextLayout;
}

/** They never end (context.go): until Go 1.20 both were of one type. */
const endless = /^(?:context\.(?:backgroundCtx|todoCtx|withoutCancelCtx)|\*context\.emptyCtx)$/;
const withValue = '*context.valueCtx';
const mostParents = 100;

/**
 * Of some channels those that are the `Done` of a context which is derived, by values alone, from one that never ends, and
 * has no deadline: only its own cancel function ends it.
 */
export function withoutParents(source: ContextSource, channels: ReadonlySet<number>): ReadonlySet<number> {
  const { memory, spans, layout } = source;
  const out = new Set<number>();
  for (const at of objectsLike(spans, layout.least)) {
    const channel = memory.u64(at + layout.done) ?? 0;
    if (channels.has(channel) && !mayHaveTimer(source, at) && isEndless(source, at + layout.parent))
      out.add(channel);
  }
  return out;
}

/** One with a deadline begins as one without, and is larger. */
function mayHaveTimer({ spans, layout: { leastWithTimer } }: ContextSource, at: number): boolean {
  if (leastWithTimer === undefined || spans.objectAt(at) < 0) return false;
  return spans.sizeOf(spans.lastSpan()) >= leastWithTimer;
}

function isEndless({ memory, spans, types, layout }: ContextSource, at: number): boolean {
  let place = at;
  for (let i = 0; i < mostParents; i++) {
    // An interface with methods begins with a table, the second word of which is its type (internal/abi, ITab).
    const table = memory.u64(place) ?? 0;
    if (table === 0 || spans.objectAt(table) >= 0) return false;
    const name = typeName(memory, types, memory.u64(table + 8) ?? 0);
    if (endless.test(name)) return true;
    if (name !== withValue) return false;
    place = (memory.u64(place + 8) ?? 0) + layout.ofValue;
  }
  return false;
}
