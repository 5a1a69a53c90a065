import type { BulkMemory } from '../core/memory.js';
import { readChannel } from './channels.js';
import { enlarged, type Interner, interner } from './interner.js';
import type { RuntimeLayout } from './layout.js';

export const maxExamples = 8;
/** Deeper stacks are rare: each is looked up frame by frame. */
const cachedFrames = 128;

/** Goroutines that are alike, told apart by their place in `runtime.allgs`, in that order. */
export interface Folded {
  readonly count: number;
  /** Place in `runtime.allgs` and address of the `g` of the first ones, at most `maxExamples`. */
  readonly examples: readonly { readonly index: number; readonly address: number }[];
}

/** What differs: grows with the number of distinct things only. */
export interface Tables {
  /** (start, go statement), then (that, status and reason), then (that, program counter). */
  readonly origins: Interner;
  readonly states: Interner;
  readonly classes: Interner;
  /** Numbers the first `depth` return addresses; 0 is the empty stack. */
  readonly stackOf: (pcs: Float64Array, depth: number) => number;
  /** (entries so far, channel and direction); 0 is none. */
  readonly targets: Interner;
  readonly channels: Channels;
  readonly kinds: Interner;
  readonly cells: Interner;
  readonly kindTally: Tally;
  readonly cellTally: Tally;
  total: number;
  waiting: number;
}

export function newTables(): Tables {
  const targets = interner();
  targets.idOf(-1, -1);
  return {
    origins: interner(),
    states: interner(),
    classes: interner(),
    stackOf: stackTable(),
    targets,
    channels: newChannels(),
    kinds: interner(),
    cells: interner(),
    kindTally: tally(),
    cellTally: tally(),
    total: 0,
    waiting: 0,
  };
}

function stackTable(): Tables['stackOf'] {
  // (stack of the callers, return address): stacks share what is below.
  const chains = interner();
  chains.idOf(-1, -1);
  const lookUp = (pcs: Float64Array, depth: number) => {
    let id = 0;
    for (let d = depth - 1; d >= 0; d--) id = chains.idOf(id, pcs[d] as number);
    return id;
  };
  // The last stack of each hash: most goroutines stand where another one stood a moment ago.
  const slots = 256;
  const known = new Float64Array(slots * cachedFrames);
  const depths = new Int32Array(slots).fill(-1);
  const ids = new Uint32Array(slots);
  return (pcs, depth) => {
    if (depth > cachedFrames) return lookUp(pcs, depth);
    let hash = depth;
    for (let d = 0; d < depth; d++) hash = Math.imul(hash, 31) + ((pcs[d] as number) | 0);
    const slot = (hash ^ (hash >>> 16)) & (slots - 1);
    let same = depths[slot] === depth;
    for (let d = 0; same && d < depth; d++) same = known[slot * cachedFrames + d] === pcs[d];
    if (same) return ids[slot] as number;
    const id = lookUp(pcs, depth);
    known.set(pcs.subarray(0, depth), slot * cachedFrames);
    depths[slot] = depth;
    ids[slot] = id;
    return id;
  };
}

const receives = 0;
const sendsTo = 1;
const unclear = 2;

interface Channels {
  /** Counts a waiter; a number for the channel and the direction. */
  add(channel: number, direction: number): number;
  /** At which queue of its channel a select's entry stands. */
  queueOf(memory: BulkMemory, layout: RuntimeLayout, channel: number, sudog: number): number;
  waiters(channel: number): { readonly send: number; readonly receive: number };
}

function newChannels(): Channels {
  const entries = interner();
  let counts = new Uint32Array(1024);
  const queues = new Map<number, typeof receives | typeof sendsTo | typeof unclear | ReadonlySet<number>>();
  const remembered = 100_000;

  function look(memory: BulkMemory, { hchan, ...layout }: RuntimeLayout, channel: number) {
    const send = memory.u64(channel + hchan.senders);
    const receive = memory.u64(channel + hchan.receivers);
    if (send === undefined || receive === undefined || (send === 0 && receive === 0)) return unclear;
    if (receive === 0) return sendsTo;
    if (send === 0) return receives;
    // A goroutine that selects on both ends of one channel; its queues are short.
    const read = readChannel(memory, { hchan, ...layout }, channel);
    return read?.senders.complete === true ? new Set(read.senders.entries) : unclear;
  }

  return {
    add(channel, direction) {
      const id = entries.idOf(channel, direction);
      if (id >= counts.length) counts = enlarged(counts);
      counts[id] = (counts[id] as number) + 1;
      return id;
    },
    queueOf(memory, layout, channel, sudog) {
      let queue = queues.get(channel);
      if (queue === undefined) {
        queue = look(memory, layout, channel);
        if (queues.size >= remembered) queues.clear();
        queues.set(channel, queue);
      }
      if (typeof queue === 'number') return queue;
      return queue.has(sudog) ? sendsTo : receives;
    },
    waiters(channel) {
      const countOf = (direction: number) => {
        const id = entries.find(channel, direction);
        return id < 0 ? 0 : (counts[id] as number);
      };
      return { send: countOf(sendsTo), receive: countOf(receives) };
    },
  };
}

/** Numbers of goroutines, with the first few of each. */
interface Tally {
  add(id: number, index: number, address: number): void;
  countOf(id: number): number;
  firstOf(id: number): number;
  of(id: number): Folded;
}

function tally(): Tally {
  let counts = new Uint32Array(64);
  let indexes = new Uint32Array(64 * maxExamples);
  let addresses = new Float64Array(64 * maxExamples);
  return {
    add(id, index, address) {
      while (id >= counts.length) {
        counts = enlarged(counts);
        indexes = enlarged(indexes);
        addresses = enlarged(addresses);
      }
      const seen = counts[id] as number;
      counts[id] = seen + 1;
      if (seen >= maxExamples) return;
      indexes[id * maxExamples + seen] = index;
      addresses[id * maxExamples + seen] = address;
    },
    countOf: (id) => counts[id] ?? 0,
    firstOf: (id) => indexes[id * maxExamples] ?? 0,
    of(id) {
      const count = counts[id] ?? 0;
      const examples = Array.from({ length: Math.min(count, maxExamples) }, (_, i) => ({
        index: indexes[id * maxExamples + i] ?? 0,
        address: addresses[id * maxExamples + i] ?? 0,
      }));
      return { count, examples };
    },
  };
}
