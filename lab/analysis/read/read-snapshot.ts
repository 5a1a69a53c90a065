import type { BulkMemory } from '../../core/memory.js';
import type { CallOptions } from '../../delve/rpc.js';
import type { FoldedGoroutines, FoldedStack } from '../../goruntime/fold.js';
import { type RawGoroutine, readGoroutine } from '../../goruntime/goroutines.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';
import { goroutineStatus } from '../../goruntime/status.js';
import type { Location } from '../model/diagnosis.js';
import type { Limits } from '../model/limits.js';
import { rosterOf } from '../model/roster.js';
import {
  type Bucket,
  isSystem,
  maxBucketIds,
  type Signature,
  type Snapshot,
  userFrame,
} from '../model/snapshot.js';
import { goroutineState, partialMark } from './delve-stacks.js';
import { labelsOfExamples, labelsOfGroup } from './group-labels.js';
import { channelReader } from './snapshot-channels.js';
import type { Symbols } from './symbols.js';
import type { SyncReader } from './sync-reader.js';
import { waitKey, waitOf } from './wait-of.js';

export interface SnapshotSource {
  readonly symbols: Symbols;
  readonly memory: BulkMemory;
  readonly layout: RuntimeLayout;
  /** Absent when the sync types of the program could not be described. */
  readonly sync?: SyncReader | undefined;
  /** The latest that the runtime's clock is known to have shown, nanoseconds. */
  readonly moment?: number | undefined;
}

/** Delve looks for a goroutine from the beginning of its list: from here on that takes a second and more. */
const farIndex = 20_000;
/** Those who may be at fault are worth the time: they are few of a kind. */
const maxFarCount = 8;
/** Goroutines that Delve may be made to look through, in all. */
const maxSearched = 2_000_000;

/** What one goroutine stands for: others with its stack, or with its stack and the objects that it waits for. */
interface Fold {
  count: number;
  readonly first: RawGoroutine;
  /** Place of the first in `runtime.allgs`. */
  readonly index: number;
  readonly ids: readonly number[];
}

const atOnce = 16;
/** Makes signatures of goroutines that are alike, and asks for the symbols of one representative of each. */
export async function readSnapshot(
  source: SnapshotSource,
  folded: FoldedGoroutines,
  options: CallOptions,
): Promise<{ readonly snapshot: Snapshot; readonly limits: Limits }> {
  const { memory, layout } = source;
  const channels = channelReader(memory, layout, folded);
  const signatures: Signature[] = [];
  const buckets: Bucket[] = [];
  const groups = folded.stacks.flatMap((stack) => {
    const group = representative(stack, source);
    return group === undefined ? [] : [{ stack, group }];
  });
  const far = distances(folded, groups, source);
  await lookThrough(folded, source, options);
  const plain = await describeAll(groups, { ...source, far }, options);
  const described = plain.map((one) => ({ ...one, ...withLabels(one.signature, one.stack, source) }));
  for (const { stack, signature } of described) {
    signatures.push(signature);
    const own = new Map<string, Bucket>();
    for (const target of stack.targets) {
      const bucket = representative(target, source);
      if (bucket === undefined) continue;
      const wait =
        source.sync?.wait(bucket.first, signature.frames) ?? waitOf(parked(bucket.first), channels.direction);
      const key = `${signature.id} ${waitKey(wait)}`;
      const known = own.get(key);
      // The entries of a select may stand in another order.
      const count = bucket.count + (known?.count ?? 0);
      const elem = bucket.first.queues[0]?.elem ?? 0;
      const ids = [...(known?.ids ?? []), ...bucket.ids].slice(0, maxBucketIds);
      const labels =
        stack.labels === undefined
          ? undefined
          : labelsOfExamples(memory, layout, target.examples, known?.labels);
      own.set(key, { ...(known ?? { key, signature, wait, elem }), ids, count, ...(labels && { labels }) });
    }
    buckets.push(...own.values());
    if (stack.rest.goroutines > 0) buckets.push(restOf(stack, signature));
  }
  const named = new Map(described.map(({ stack, signature }) => [stack, signature.id]));
  const { members } = folded;
  const system = signatures.filter((s) => s.system).reduce((sum, s) => sum + s.count, 0);
  const snapshot: Snapshot = {
    goroutines: { total: folded.total, user: folded.total - system, system, blocked: folded.waiting },
    signatures,
    buckets,
    channels: channels.known(buckets),
    syncObjects: source.sync?.objects(buckets),
    ...(members && {
      roster: rosterOf(
        members,
        folded.stacks.map((stack) => named.get(stack)),
        source.moment,
      ),
    }),
    far,
  };
  const unread = described.flatMap(({ limits }) => limits);
  const unlabelled = described.flatMap((one) => one.unlabelled);
  const uncounted = described.flatMap(({ stack, signature }) => notLookedInto(stack, signature));
  return { snapshot, limits: [...(source.sync?.limits ?? []), ...unread, ...uncounted, ...unlabelled] };
}

/** The labels of a signature's goroutines, and how many are left out. */
function withLabels(
  signature: Signature,
  { labels: counts }: FoldedStack,
  { memory, layout }: SnapshotSource,
): { readonly signature: Signature; readonly unlabelled: Limits } {
  if (counts === undefined) return { signature, unlabelled: [] };
  const { labels, leftOut } = labelsOfGroup(memory, layout, counts);
  const { function: name, line } = signature.userLocation;
  const told = `The labels of ${leftOut} of ${signature.count} goroutines in ${name}:${line} are not shown.`;
  return {
    signature: labels.length === 0 ? signature : { ...signature, labels },
    unlabelled: leftOut > 0 ? [told] : [],
  };
}

const parked = (g: RawGoroutine) => ({
  state: goroutineState(g.status),
  waitReason: g.waitReason,
  queues: g.queues,
});

/** The first of each small group that waits at a channel is worth it, as long as there are few such groups. */
function distances(
  { stacks }: FoldedGoroutines,
  groups: readonly { readonly group: Fold }[],
  { memory, layout }: SnapshotSource,
): ReadonlyMap<number, 'worth it' | 'too far'> {
  const examples = stacks.flatMap((stack) => [stack, ...stack.targets].flatMap((f) => f.examples));
  const far = new Map<number, 'worth it' | 'too far'>();
  for (const { index, address } of examples) {
    if (index >= farIndex) far.set(memory.u64(address + layout.g.goid) ?? 0, 'too far');
  }
  let searched = 0;
  for (const { group } of [...groups].sort((a, b) => a.group.count - b.group.count)) {
    const { count, first, index } = group;
    if (index < farIndex || count > maxFarCount || first.queues.length === 0) continue;
    searched += index;
    if (searched <= maxSearched) far.set(first.id, 'worth it');
  }
  return far;
}

/** From so many goroutines on that will be asked about. */
const manyAsked = 64;

/** Tells which is the last of those that will be asked about, when they are many. */
async function lookThrough(
  { stacks }: FoldedGoroutines,
  { symbols, memory, layout }: SnapshotSource,
  options: CallOptions,
): Promise<void> {
  let asked = 0;
  let last = { index: -1, address: 0 };
  for (const example of stacks.flatMap((stack) => stack.targets.flatMap((target) => target.examples))) {
    if (example.index >= farIndex) continue;
    asked += 1;
    if (example.index > last.index) last = example;
  }
  if (asked < manyAsked) return;
  await symbols.expectUpTo(memory.u64(last.address + layout.g.goid) ?? 0, options);
}

function representative(
  { count, examples }: Pick<FoldedStack, 'count' | 'examples'>,
  { memory, layout }: SnapshotSource,
): Fold | undefined {
  const [example] = examples;
  const first = example === undefined ? undefined : readGoroutine(memory, layout, example.address);
  if (first === undefined) return undefined;
  const ids = examples.slice(0, maxBucketIds).map(({ address }) => memory.u64(address + layout.g.goid) ?? 0);
  return { count, first, index: example?.index ?? 0, ids };
}

/** So many objects are waited for at one place that the rest is only counted: they may be woken, for all we know. */
function restOf({ rest }: FoldedStack, signature: Signature): Bucket {
  const why = 'too many different objects at one place';
  const key = `${signature.id} rest`;
  return { key, signature, count: rest.goroutines, ids: [], wait: { kind: 'unknown', why }, elem: 0 };
}

function notLookedInto({ rest, targets }: FoldedStack, { count, userLocation }: Signature): Limits {
  if (rest.goroutines === 0) return [];
  const { function: name, line } = userLocation;
  return [
    `${rest.goroutines} of ${count} goroutines in ${name}:${line} wait for ${rest.targets} different objects beyond the ${targets.length} that were looked into.`,
  ];
}

/** A few at a time, so that Delve has always something to do and no call waits for long. */
async function describeAll(
  groups: readonly { readonly stack: FoldedStack; readonly group: Fold }[],
  source: SnapshotSource & Required<Pick<Snapshot, 'far'>>,
  options: CallOptions,
) {
  const out: ({ readonly stack: FoldedStack } & Described)[] = [];
  for (let from = 0; from < groups.length; from += atOnce) {
    const some = groups.slice(from, from + atOnce).map(async ({ stack, group }, i) => {
      return { stack, ...(await describe(`S${from + i + 1}`, group, source, options)) };
    });
    out.push(...(await Promise.all(some)));
  }
  return out;
}

interface Described {
  readonly signature: Signature;
  readonly limits: Limits;
}

async function describe(
  id: string,
  group: Fold,
  { symbols, far }: SnapshotSource & Required<Pick<Snapshot, 'far'>>,
  options: CallOptions,
): Promise<Described> {
  const { first } = group;
  const tooFar = far.get(first.id) === 'too far';
  const { frames, limits } = await symbols.stack({ goroutine: first, index: group.index, tooFar }, options);
  const locate = (pc: number) => symbols.locate(pc, options);
  const recordedStart = await locate(first.startPc);
  // Where a stack cannot be read, the function that it began in is the next best.
  const current = frames[0] ?? recordedStart;
  const signature: Signature = {
    id,
    count: group.count,
    waitReason: first.waitReason,
    status: goroutineState(first.status),
    ...(first.status === goroutineStatus.leaked ? { leaked: true as const } : {}),
    system: isSystem(recordedStart.function, frames),
    exampleIds: group.ids,
    frames,
    ...partialMark(frames),
    currentLocation: pick(current),
    userLocation: pick(userFrame(frames) ?? current),
    startLocation: recordedStart,
    // The recorded address is where the call returns to; one byte back lies in the call itself.
    goStatementLocation: await locate(first.goPc === 0 ? 0 : first.goPc - 1),
  };
  return { signature, limits };
}

const pick = ({ function: name, file, line }: Location): Location => ({ function: name, file, line });
