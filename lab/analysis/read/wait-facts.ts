import type { BulkMemory } from '../../core/memory.js';
import type { EvaluateGlobal } from '../../goruntime/fields.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';
import { readConnectionLayout, remoteOf } from '../../goruntime/remote-address.js';

export interface WaitFactsSource {
  readonly memory: BulkMemory;
  readonly layout: RuntimeLayout;
  readonly evaluate: EvaluateGlobal;
  /** The latest that the runtime's clock is known to have shown, nanoseconds. */
  readonly moment: () => Promise<number>;
}

/** Words of a stack that are looked at, from its inner end: who reads has its connection there. */
const mostWords = 1024;
const perSecond = 1e9;

/** Since when goroutines wait at least, and the other end of the connections that they wait for. */
export async function waitFactsOf(
  { memory, layout, evaluate, moment }: WaitFactsSource,
  ids: ReadonlySet<number>,
  signal: AbortSignal,
) {
  const out = new Map<number, { readonly seconds?: number; readonly remote?: string }>();
  if (ids.size === 0) return out;
  const [now, connections] = await Promise.all([
    moment(),
    readConnectionLayout(evaluate, layout.allgs.base, signal),
  ]);
  for (let i = 0; i < layout.allgs.length && out.size < ids.size; i++) {
    const g = memory.u64(layout.allgs.base + i * 8) ?? 0;
    const id = g === 0 ? 0 : (memory.u64(g + layout.g.goid) ?? 0);
    if (!ids.has(id)) continue;
    // The garbage collector notes it, when it first comes past: the wait may be longer.
    const since = memory.u64(g + layout.g.waitSince) ?? 0;
    const seconds = since === 0 || now <= since ? undefined : Math.floor((now - since) / perSecond);
    const remote =
      connections === undefined ? undefined : remoteOf(memory, connections, innerWords(memory, layout, g));
    out.set(id, {
      ...(seconds === undefined ? {} : { seconds }),
      ...(remote === undefined ? {} : { remote }),
    });
  }
  return out;
}

function* innerWords(memory: BulkMemory, { g: offsets }: RuntimeLayout, g: number): Generator<number> {
  const sp = memory.u64(g + offsets.sp) ?? 0;
  const end = Math.min(memory.u64(g + offsets.stackHi) ?? 0, sp + mostWords * 8);
  for (let at = sp; at < end; at += 8) yield memory.u64(at) ?? 0;
}
