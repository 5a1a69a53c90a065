import { type Channels, newChannels } from './fold-channels.js';
import { type Interner, interner } from './interner.js';
import { type LabelLog, labelLog } from './label-log.js';
import type { MemberLog } from './members.js';
import { type Tally, tally } from './tally.js';

/** Deeper stacks are rare: each is looked up frame by frame. */
const cachedFrames = 128;

/** What differs: grows with the number of distinct things only. */
export interface Tables {
  /** (start, go statement), then (that, status and reason), then (that, program counter). */
  readonly origins: Interner;
  readonly states: Interner;
  readonly classes: Interner;
  /** (stack of the callers, return address): stacks share what is below; 0 is the empty stack. */
  readonly chains: Interner;
  /** Numbers the first `depth` return addresses: one of `chains`. */
  readonly stackOf: (pcs: Float64Array, depth: number) => number;
  /** (entries so far, channel and direction); 0 is none. */
  readonly targets: Interner;
  readonly channels: Channels;
  readonly kinds: Interner;
  readonly cells: Interner;
  readonly kindTally: Tally;
  readonly cellTally: Tally;
  /** Only where somebody asks which goroutines a stack has. */
  readonly members?: MemberLog | undefined;
  readonly labels: LabelLog;
  total: number;
  waiting: number;
}

export function newTables(members?: MemberLog): Tables {
  const targets = interner();
  targets.idOf(-1, -1);
  const chains = interner();
  chains.idOf(-1, -1);
  return {
    origins: interner(),
    states: interner(),
    classes: interner(),
    chains,
    stackOf: stackTable(chains),
    targets,
    channels: newChannels(),
    kinds: interner(),
    cells: interner(),
    kindTally: tally(),
    cellTally: tally(),
    members,
    labels: labelLog(),
    total: 0,
    waiting: 0,
  };
}

function stackTable(chains: Interner): Tables['stackOf'] {
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
