import type { CoreMemory } from '../core/memory.js';
import { type EvaluateGlobal, structIfAny } from './fields.js';

/** Offsets in the structs of package context, bytes. */
export interface ContextLayout {
  /** A `cancelCtx` is at least as large. */
  readonly least: number;
  /** A `timerCtx` is at least as large; absent in programs that have none. */
  readonly leastWithTimer: number | undefined;
  /** The parent, an interface, of `cancelCtx` and with it of `timerCtx`. */
  readonly parent: number;
  /** In `cancelCtx` the pointer to its channel, the second word of an `atomic.Value`. */
  readonly done: number;
  /** The parent in `valueCtx`, its first field. */
  readonly ofValue: number;
}

/**
 * What ends a context: `never`; a `deadline`; `cancelled`: somebody who has its cancel function, as the server when the
 * client of a request hangs up; `unknown` where the context could not be followed.
 */
export type Cancellation = 'never' | 'deadline' | 'cancelled' | 'unknown';

export async function readContextLayout(
  evaluate: EvaluateGlobal,
  at: number,
  signal: AbortSignal,
): Promise<ContextLayout | undefined> {
  const [cancel, value, timer] = await Promise.all([
    structIfAny('context.cancelCtx', at, evaluate, signal),
    structIfAny('context.valueCtx', at, evaluate, signal),
    structIfAny('context.timerCtx', at, evaluate, signal),
  ]);
  const [parent, done] = [cancel.get('Context'), cancel.get('done.v')];
  if (parent === undefined || done === undefined) return undefined;
  const least = Math.max(...cancel.values()) + 1;
  const leastWithTimer = timer.size === 0 ? undefined : Math.max(...timer.values()) + 1;
  return { least, leastWithTimer, parent, done: done + 8, ofValue: value.get('Context') ?? 0 };
}

interface Followed {
  readonly contexts: ContextLayout;
  /** Of a type descriptor. */
  nameOf(type: number): string | undefined;
  /** What is received from. */
  readonly channel: number;
  readonly stack: readonly number[];
  /** The context that the channel is of ends with nothing but its own request: its parents count. */
  readonly ownContext: boolean;
}

const mostParents = 64;

/** What ends the context that a channel is of, by its parents up to the root. */
export function howEnds(memory: CoreMemory, followed: Followed): Cancellation {
  const { contexts, nameOf, ownContext } = followed;
  const found = findContext(memory, followed);
  if (found === undefined) return 'unknown';
  let { address, type } = found;
  let isOwn = ownContext;
  let seen: Cancellation = 'never';
  for (let i = 0; i < mostParents; i++) {
    const kind = /^\*?context\.(\w+)$/.exec(type)?.[1] ?? '';
    let parent: number;
    if (kind === 'timerCtx') return 'deadline';
    if (kind === 'valueCtx') parent = address + contexts.ofValue;
    else if (kind === 'cancelCtx') {
      parent = address + contexts.parent;
      if (!isOwn) seen = 'cancelled';
      isOwn = false;
    } else if (/^(?:emptyCtx|backgroundCtx|todoCtx|withoutCancelCtx)$/.test(kind)) return seen;
    else return 'unknown';
    const table = memory.u64(parent) ?? 0;
    address = memory.u64(parent + 8) ?? 0;
    type = nameOf(memory.u64(table + 8) ?? 0) ?? '';
  }
  return 'unknown';
}

/** Objects that are looked into for it, and words of each. */
const mostObjects = 20_000;
const wordsOfObject = 48;
const deepest = 3;

/**
 * The context whose `done` is that channel, with its type. A stack leads to it over the request that it belongs to; the
 * interface there tells the type.
 */
function findContext(
  memory: CoreMemory,
  { contexts: { done }, nameOf, channel, stack }: Followed,
): { readonly address: number; readonly type: string } | undefined {
  const visited = new Set<number>();
  let level: number[][] = [[...stack]];
  for (let depth = 0; depth <= deepest; depth++) {
    const next: number[][] = [];
    for (const words of level) {
      for (const [i, word] of words.entries()) {
        if (word < 4096 || word % 8 !== 0) continue;
        if (memory.u64(word + done) === channel) {
          const type = nameOf(memory.u64((words[i - 1] ?? 0) + 8) ?? 0) ?? '';
          if (/^\*context\.\w+Ctx$/.test(type)) return { address: word, type };
        }
        if (visited.has(word) || visited.size > mostObjects) continue;
        visited.add(word);
        const object = Array.from({ length: wordsOfObject }, (_, k) => memory.u64(word + k * 8) ?? 0);
        if (object[0] !== 0 || object.some((one) => one !== 0)) next.push(object);
      }
    }
    level = next;
  }
  return undefined;
}
