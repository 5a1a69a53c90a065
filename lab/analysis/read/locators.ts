import type { CoreMemory } from '../../core/memory.js';
import { type DelveClient, smallLoad } from '../../delve/client.js';
import type { CallOptions } from '../../delve/rpc.js';
import { kinds, type Variable } from '../../delve/wire.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';
import { readGoroutineStackTops } from '../../goruntime/stack-tops.js';
import type { Owner } from '../../source/facts.js';
import type { Frame } from '../model/frames.js';
import type { Address, FrameQuery, Locator } from '../model/locator.js';
import type { Snapshot } from '../model/snapshot.js';
import { memoized } from './memoize.js';

const syncType = /^\*?(?:sync\.(?:Mutex|RWMutex|WaitGroup|Cond)|golang\.org\/x\/sync\/semaphore\.Weighted)$/;
const embedded = ['Mutex', 'RWMutex', 'WaitGroup', 'Cond'];
/** Above its own end, where the caller keeps room for register arguments. */
const spilled = 64;
const maxFrameBytes = 64 * 1024;

/** Evaluates channels in frames by Delve, each once. */
export function channelLocator(
  { client, memory, layout }: Source & { readonly client: DelveClient },
  snapshot: Snapshot,
  call: CallOptions,
): Locator {
  let found: number | undefined;
  const frames = frameMemory({ memory, layout }, snapshot);
  return {
    ...frames,
    address: memoized(async (goroutineId, frame, expression): Promise<Address> => {
      const distance = snapshot.far?.get(goroutineId);
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
    keeps: ({ owner, address, ...query }) =>
      leadsTo(frames.words(query) ?? none, owner, address, memory) && !owner.ambiguous
        ? 'kept'
        : 'unreadable',
  };
}

const none: ReadonlySet<number> = new Set();

/** A pointer among the words leads to the struct that has the channel. Other structs may have it as well. */
function leadsTo(words: ReadonlySet<number>, { offset }: Owner, channel: number, memory: CoreMemory) {
  for (const word of words) {
    if (word >= smallestPointer && memory.u64(word + offset) === channel) return true;
  }
  return false;
}

/** Channels of a program whose variables are not described. */
export const channelsWithoutNames = (source: Omit<Source, 'client'>, snapshot: Snapshot): Locator => ({
  ...frameMemory(source, snapshot),
  address: () => Promise.resolve('unreadable'),
  keeps: () => 'unreadable',
});

interface Source {
  /** Absent where no variable is described. */
  readonly client: Pick<DelveClient, 'eval'> | undefined;
  readonly memory: CoreMemory;
  /** Absent where the runtime is laid out in an unknown way: then no frame's memory is looked into. */
  readonly layout: RuntimeLayout | undefined;
}

/** What frames hold in their memory, without any variable. */
function frameMemory(
  { memory, layout }: Omit<Source, 'client'>,
  snapshot: Snapshot,
): Pick<Locator, 'through' | 'holds' | 'binds'> & {
  words(query: FrameQuery): ReadonlySet<number> | undefined;
} {
  let tops: ReadonlyMap<number, number> | undefined;
  const topOf = (goroutine: number) => {
    if (layout === undefined) return undefined;
    tops ??= readGoroutineStackTops(
      memory,
      layout,
      new Set(snapshot.buckets.flatMap((bucket) => bucket.ids)),
    );
    return tops.get(goroutine);
  };
  const known = new Map<string, ReadonlySet<number> | undefined>();
  const follow = (from: number, steps: readonly number[]) => followed(memory, from, steps);
  const words = ({ goroutine, frame, called }: FrameQuery) => {
    const key = `${goroutine} ${frame.index}`;
    const top = known.has(key) ? undefined : topOf(goroutine);
    if (!known.has(key))
      known.set(key, top === undefined ? undefined : frameWords(memory, top, frame, called));
    return known.get(key);
  };
  return {
    words,
    holds: (query) => words(query)?.has(query.address) === true,
    binds({ address, offset, captured, ...query }) {
      const code = layout?.code;
      const isIt = (at: number) => at === address - offset || memory.u64(at) === address - offset;
      return [...(words(query) ?? [])].some((word) => {
        const entry = word < smallestPointer ? undefined : memory.u64(word);
        if (code === undefined || entry === undefined || entry < code.start || entry >= code.end)
          return false;
        // What it has captured follows its code; a variable that is set again lies elsewhere.
        return Array.from({ length: captured }, (_, i) => memory.u64(word + 8 + i * 8) ?? 0).some(
          (value) => value >= smallestPointer && isIt(value),
        );
      });
    },
    through(query) {
      const { via, waited } = query;
      const found = new Set<number>();
      for (const word of words(query) ?? []) {
        if (word < smallestPointer) continue;
        const leads = via.waits.every((steps) => waited.has(follow(word, steps) ?? 0));
        const address = leads ? follow(word, via.object) : undefined;
        if (address !== undefined) found.add(address);
      }
      const [only, ...others] = found;
      return only !== undefined && others.length === 0 ? only : 'unreadable';
    },
  };
}

function followed(memory: CoreMemory, from: number, steps: readonly number[]): number | undefined {
  let at: number | undefined = from;
  for (const step of steps) {
    if (at === undefined) return undefined;
    at = step < 0 ? memory.u64(at) : at + step;
  }
  return at;
}

/** Below it lies nothing that a program uses. */
const smallestPointer = 4096;

/** Evaluates objects of package sync; where optimised code lost the variable, looks into the frame's memory. */
export function syncLocator(
  { client, memory, layout }: Source,
  snapshot: Snapshot,
  options: CallOptions,
): Locator {
  const frames = frameMemory({ memory, layout }, snapshot);

  async function ask(goroutineId: number, frame: number, expression: string): Promise<Address> {
    if (client === undefined || snapshot.far?.get(goroutineId) === 'too far') return 'unreadable';
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
    ...frames,
    address: memoized(ask),
    keeps({ owner, address, ...query }) {
      const kept = frames.words(query);
      if (kept === undefined) return 'unreadable';
      const { access } = owner;
      if (access !== undefined) {
        const leads = [...kept].some(
          (word) => word >= smallestPointer && followed(memory, word, access) === address,
        );
        return leads && !owner.ambiguous ? 'kept' : 'unreadable';
      }
      // With two variables of one type in the function, a pointer in its frame may be either.
      if (kept.has(address) || kept.has(address - owner.offset))
        return owner.ambiguous ? 'unreadable' : 'kept';
      return owner.passed ? 'other' : 'unreadable';
    },
  };
}

/** Without a variable that was read, an object may be any: a pointer in a frame can tell one, and none away. */
export const excludingNothing = (locator: Locator): Locator => ({
  ...locator,
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
