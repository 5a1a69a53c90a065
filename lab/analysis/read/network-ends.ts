import type { BulkMemory } from '../../core/memory.js';
import type { EvaluateGlobal } from '../../goruntime/fields.js';
import {
  type ClientEnd,
  clientEnd,
  type HttpLayout,
  readHttpLayout,
  type SelectCase,
  type ServerEnd,
  serverEnd,
} from '../../goruntime/http-ends.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';

/** Goroutines at connections of net/http. */
export interface WantedEnds {
  /** That wait for an answer, with the cases of their select. */
  readonly calls: ReadonlyMap<number, readonly SelectCase[]>;
  /** That work on a request. */
  readonly serves: ReadonlySet<number>;
}

export type NetworkEnds = ReadonlyMap<number, readonly (ClientEnd | ServerEnd)[]>;

export interface NetworkEndsSource {
  readonly memory: BulkMemory;
  readonly layout: RuntimeLayout;
  readonly evaluate: EvaluateGlobal;
  /** Of the program: `go1.26.8`. */
  readonly goVersion: string;
}

/** Words of a stack: `persistConn.roundTrip` is the innermost function of its goroutine, but for the runtime's. */
const innerWords = 1024;
/** `net/http.(*conn).serve` is the outermost one. */
const outerWords = 512;

/** The connections of these goroutines; those that are not found are missing. */
export async function networkEndsOf(
  { memory, layout, evaluate, goVersion }: NetworkEndsSource,
  { calls, serves }: WantedEnds,
  signal: AbortSignal,
): Promise<NetworkEnds> {
  const out = new Map<number, (ClientEnd | ServerEnd)[]>();
  const http = await readHttpLayout(evaluate, layout.allgs.base, signal);
  if (http === undefined) return out;
  const ownContext = Number(/^go1\.(\d+)/.exec(goVersion)?.[1] ?? 0) >= 23;
  for (let i = 0; i < layout.allgs.length; i++) {
    const g = memory.u64(layout.allgs.base + i * 8) ?? 0;
    const id = g === 0 ? 0 : (memory.u64(g + layout.g.goid) ?? 0);
    const cases = calls.get(id);
    const ends = [
      cases && clientEnd(memory, { layout, http, ownContext }, { words: innerEnd(memory, layout, g), cases }),
      serves.has(id) ? servedBy(memory, layout, http, g) : undefined,
    ].filter((end) => end !== undefined);
    if (ends.length > 0) out.set(id, ends);
  }
  return out;
}

const servedBy = (memory: BulkMemory, layout: RuntimeLayout, http: HttpLayout, g: number) =>
  serverEnd(memory, http, outerEnd(memory, layout, g));

/** From the inner end. */
function innerEnd(memory: BulkMemory, { g: offsets }: RuntimeLayout, g: number): readonly number[] {
  const sp = memory.u64(g + offsets.sp) ?? 0;
  const words = Math.min(innerWords, ((memory.u64(g + offsets.stackHi) ?? 0) - sp) / 8);
  return Array.from({ length: Math.max(0, words) }, (_, i) => memory.u64(sp + i * 8) ?? 0);
}

/** From the outer end. */
function outerEnd(memory: BulkMemory, { g: offsets }: RuntimeLayout, g: number): readonly number[] {
  const hi = memory.u64(g + offsets.stackHi) ?? 0;
  const words = Math.min(outerWords, (hi - (memory.u64(g + offsets.sp) ?? 0)) / 8);
  return Array.from({ length: Math.max(0, words) }, (_, i) => memory.u64(hi - (i + 1) * 8) ?? 0);
}
