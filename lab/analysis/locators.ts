import type { CoreMemory } from '../core/memory.js';
import { type DelveClient, smallLoad } from '../delve/client.js';
import type { CallOptions } from '../delve/rpc.js';
import { kinds, type Variable } from '../delve/wire.js';
import type { RuntimeLayout } from '../goruntime/layout.js';
import { readGoroutineStackTops } from '../goruntime/stack-tops.js';
import { askedOnce } from './asked-once.js';
import type { Address, Locator } from './releasers/meaning.js';
import type { Frame, Snapshot } from './snapshot.js';

const syncType = /^\*?sync\.(?:Mutex|RWMutex|WaitGroup|Cond)$/;
const embedded = ['Mutex', 'RWMutex', 'WaitGroup', 'Cond'];
/** Above its own end, where the caller keeps room for register arguments. */
const spilled = 64;
const maxFrameBytes = 64 * 1024;

/** Evaluates channels in frames by Delve, each once. */
export function channelLocator(
  client: DelveClient,
  memory: CoreMemory,
  { far }: Snapshot,
  call: CallOptions,
): Locator {
  let found: number | undefined;
  return {
    address: askedOnce(async (goroutineId, frame, expression): Promise<Address> => {
      const distance = far?.get(goroutineId);
      if (distance === 'too far') return 'unreadable';
      if (distance === 'worth it' && goroutineId !== found) {
        await client.switchGoroutine(goroutineId, call);
        found = goroutineId;
      }
      const seen = await client.eval({ goroutineId, frame }, expression, call);
      if (seen.kind === 'unreadable' || seen.variable.kind !== kinds.chan) return 'unreadable';
      const { addr, base } = seen.variable;
      return base !== 0 ? base : addr !== 0 ? (memory.u64(addr) ?? 'unreadable') : 'unreadable';
    }),
    keeps: () => 'unreadable',
  };
}

/** Nothing can be evaluated: neither channels nor variables are described. */
export const blindLocator: Locator = {
  address: () => Promise.resolve('unreadable'),
  keeps: () => 'unreadable',
};

interface Source {
  /** Absent where no variable is described. */
  readonly client: Pick<DelveClient, 'eval'> | undefined;
  readonly memory: CoreMemory;
  readonly layout: RuntimeLayout;
}

/** Evaluates objects of package sync; where optimised code lost the variable, looks into the frame's memory. */
export function syncLocator({ client, memory, layout }: Source, snapshot: Snapshot, options: CallOptions): Locator {
  let tops: ReadonlyMap<number, number> | undefined;
  const topOf = (goroutine: number) => {
    tops ??= readGoroutineStackTops(memory, layout, new Set(snapshot.cells.flatMap((cell) => cell.ids)));
    return tops.get(goroutine);
  };
  const words = new Map<string, ReadonlySet<number> | undefined>();
  const wordsOf = (goroutine: number, frame: Frame, called: Frame | undefined) => {
    const key = `${goroutine} ${frame.index}`;
    const top = words.has(key) ? undefined : topOf(goroutine);
    if (!words.has(key)) words.set(key, top === undefined ? undefined : frameWords(memory, top, frame, called));
    return words.get(key);
  };

  async function ask(goroutineId: number, frame: number, expression: string): Promise<Address> {
    if (client === undefined) return 'unreadable';
    const scope = { goroutineId, frame };
    const seen = await client.eval(scope, expression, options, smallLoad);
    if (seen.kind === 'unreadable') return 'unreadable';
    const direct = objectAt(seen.variable);
    if (direct !== undefined) return direct;
    for (const field of embedded) {
      const inner = await client.eval(scope, `${expression}.${field}`, options, smallLoad);
      const address = inner.kind === 'value' ? objectAt(inner.variable) : undefined;
      if (address !== undefined) return address;
    }
    return 'other';
  }

  return {
    address: askedOnce(ask),
    keeps({ goroutine, frame, called, owner, address }) {
      const kept = wordsOf(goroutine, frame, called);
      if (kept === undefined) return 'unreadable';
      // With two variables of one type in the function, a pointer in its frame may be either.
      if (kept.has(address) || kept.has(address - owner.offset)) return owner.ambiguous ? 'unreadable' : 'kept';
      return owner.passed ? 'other' : 'unreadable';
    },
  };
}

/** Without a variable that was read, an object may be any: a pointer in a frame can tell one, and none away. */
export const excludingNothing = (locator: Locator): Locator => ({
  address: locator.address,
  keeps: (query) => (locator.keeps(query) === 'kept' ? 'kept' : 'unreadable'),
});

/** Address of the object that a variable is or points at; `undefined` when it is nothing of package sync. */
function objectAt(variable: Variable): number | undefined {
  if (variable.kind === kinds.interface) {
    const [value] = variable.children;
    return value === undefined ? undefined : objectAt(value);
  }
  if (!syncType.test(variable.type)) return undefined;
  if (variable.kind !== kinds.pointer) return variable.addr;
  return variable.children[0]?.addr;
}

/** The words of a frame's own memory; several inlined frames share one. */
function frameWords(
  memory: CoreMemory,
  top: number,
  frame: Frame,
  called: Frame | undefined,
): ReadonlySet<number> | undefined {
  if (frame.offset === undefined) return undefined;
  const end = Math.min(top + frame.offset + spilled, top);
  // Inlined callees share the frame: then only its end is known, and a part of it is looked at.
  const start =
    called?.offset !== undefined && called.offset < frame.offset ? top + called.offset : end - 1024;
  if (end - start > maxFrameBytes || end <= start) return undefined;
  const out = new Set<number>();
  for (let at = start; at < end; at += 8) out.add(memory.u64(at) ?? 0);
  return out;
}
