import { unreachable } from '../../unreachable.js';
import type { Bucket, Channel, SyncMode, SyncObject } from '../model/snapshot.js';

/** Who could end a wait. */
export type Releaser =
  | {
      readonly kind: 'bucket';
      readonly bucket: string;
      /** The operation's channel was evaluated in a frame and is this very one. */
      readonly certain: boolean;
      /** It has the lock, or a `Done` that the group cannot do without: no wait ends before this one has done it. */
      readonly holds?: true;
      /**
       * It stands where it may have the lock, which could not be seen for certain: `likely` where either that it holds
       * one or which object is meant was seen.
       */
      readonly mayHold?: 'likely' | 'perhaps';
      /** It comes there only when one of these ends its wait. */
      readonly onlyBy?: readonly ObjectKey[];
      /** It has to get past these first: it counts only when none of them is stuck. */
      readonly behind?: readonly string[];
      readonly how: ReleaseEvidence;
    }
  /** Code that is on no stack, which any goroutine outside of the set may come to run. */
  | {
      readonly kind: 'open';
      readonly why: string;
      /** Nothing was seen that could; it was not possible to look. */
      readonly blind: boolean;
      /** Whoever comes has to get past these first. */
      readonly behind?: readonly string[];
    };

/**
 * Those who would do the opposite operation. Closing a channel ends a send too, but by a panic: nobody waits for that;
 * and who would come behind others is none yet.
 */
export function peersOf(object: ObjectKey, releasers: readonly Releaser[]) {
  return releasers.flatMap((releaser) =>
    releaser.kind === 'bucket' &&
    releaser.behind === undefined &&
    !(object.startsWith('send:') && releaser.how.operation === 'close')
      ? [releaser]
      : [],
  );
}

export interface ReleaseEvidence {
  readonly operation: 'send' | 'receive' | 'close' | 'unlock' | 'runlock' | 'done' | 'signal';
  readonly expression: string;
  /** The expression could not be read; the frame's memory has a pointer to the object. */
  readonly kept?: true;
  /** It means another object now, and another one each time. */
  readonly mayBeNext?: true;
  /** It could not be seen which object it has; nobody else can have this one. */
  readonly alone?: true;
  /** The operation is in a function that was handed on as a value; it is called there: `/a/b.go:12`. */
  readonly calledAt?: string;
  readonly file: string;
  readonly line: number;
  readonly goroutine: number;
  readonly frame: number;
  readonly function: string;
}

/** `send:824634393440`: those who wait to send on that channel; `lock:824634393440`: those who want that lock. */
export type ObjectKey = string;
export const objectKey = (channel: number, direction: 'send' | 'receive'): ObjectKey =>
  `${direction}:${channel}`;

export const syncKey = (address: number, mode: SyncMode): ObjectKey => `${mode}:${address}`;

const syncModes: readonly string[] = ['lock', 'drain', 'rlock', 'wait', 'notify'] satisfies SyncMode[];

/** Whether the object is one of package sync; others are channels. */
export const isSyncObject = (object: ObjectKey) => syncModes.includes(object.slice(0, object.indexOf(':')));

export interface WaitForGraph {
  readonly buckets: readonly Bucket[];
  readonly channels: ReadonlyMap<number, Channel>;
  readonly syncObjects?: ReadonlyMap<number, SyncObject> | undefined;
  /** Missing keys are objects about which nothing was found out: anybody may release them. */
  readonly releasers: ReadonlyMap<ObjectKey, readonly Releaser[]>;
  /** Code that is on no stack may still come to run, though every goroutine waits: a timer is pending. */
  readonly timersPending?: boolean | undefined;
  /** Keys of the buckets that wait for what no live goroutine can reach: nobody wakes them, whatever the code says. */
  readonly unreached?: ReadonlySet<string> | undefined;
}

/** A closed set of goroutines and objects: the root cause; and those who queue behind it. */
export interface Knot {
  readonly buckets: readonly Bucket[];
  readonly objects: readonly ObjectKey[];
  /**
   * They queue for the knot's own objects, or for a lock that one of the knot or of these holds; behind a nil
   * channel, for what its goroutine would do next.
   */
  readonly victims: readonly Bucket[];
  /** They wait for what the knot or its victims would do next; an idle consumer may be among them. */
  readonly starved: readonly Bucket[];
  /** Set where several knots of one shape are told as one: the first of them. */
  readonly example?: Pick<Knot, 'buckets' | 'objects'>;
}

/** Waits that the analysis follows; others are live, or count as live because they are not understood. */
const isFollowed = (bucket: Bucket) => bucket.wait.kind !== 'live' && bucket.wait.kind !== 'unknown';

/**
 * The greatest set of goroutines of which none can ever be woken by one outside the set. A channel wait ends by
 * any one releaser of any one case (OR); a nil channel and an empty select never end. A lock ends by its holder
 * alone, and by all of its readers (AND); a wait group by all who are needed to bring its counter down.
 *
 * `trust` tells which releasers count: `all` proves the most, `certain` ignores what is only possible.
 */
export function deadlockedBuckets(graph: WaitForGraph, trust: 'all' | 'certain'): ReadonlySet<string> {
  const stuck = new Map(graph.buckets.filter(isFollowed).map((bucket) => [bucket.key, bucket]));
  for (let changed = true; changed; ) {
    changed = false;
    const someoneRuns =
      graph.timersPending === true ||
      graph.buckets.some((bucket) => !stuck.has(bucket.key) && !bucket.signature.system);
    for (const [key, bucket] of stuck) {
      if (graph.unreached?.has(key) || !canBeWoken(bucket, graph, stuck, someoneRuns, trust)) continue;
      stuck.delete(key);
      changed = true;
    }
  }
  return new Set(stuck.keys());
}

function canBeWoken(
  bucket: Bucket,
  graph: WaitForGraph,
  stuck: ReadonlyMap<string, Bucket>,
  someoneRuns: boolean,
  trust: 'all' | 'certain',
): boolean {
  const { wait } = bucket;
  const comes: Comes = (releaser, depth = 0) => {
    if (releaser.behind?.some((key) => stuck.has(key))) return false;
    if (releaser.kind === 'open') return trust === 'all' && someoneRuns;
    if (stuck.has(releaser.bucket) || (trust === 'certain' && !releaser.certain)) return false;
    // Woken by another case, it goes another way.
    const { onlyBy } = releaser;
    return onlyBy === undefined || depth > 4 || onlyBy.some((o) => isReleased(o, comes, graph, depth + 1));
  };
  switch (wait.kind) {
    case 'live':
    case 'unknown':
      return true;
    case 'nil-channel':
    case 'empty-select':
      return false;
    case 'channel':
      return wait.cases.some(({ channel, direction }) => {
        if (graph.channels.get(channel)?.wokenFromOutside !== undefined) return true;
        return isReleased(objectKey(channel, direction), comes, graph);
      });
    case 'sync': {
      const releasers = graph.releasers.get(syncKey(wait.address, wait.mode));
      if (releasers === undefined) return true;
      // A worker of a group that may be rescued is no reason to suspect the group.
      const counts = (r: Releaser) => r.kind === 'bucket' && (trust === 'all' || r.how.operation !== 'done');
      const held = releasers.some(
        (r) => r.kind === 'bucket' && r.holds && r.certain && counts(r) && stuck.has(r.bucket),
      );
      return !held && releasers.some((releaser) => comes(releaser));
    }
    default:
      return unreachable(wait);
  }
}

type Comes = (releaser: Releaser, depth?: number) => boolean;

/** Whether somebody may end the waits for an object; anybody may where nothing was found out. */
function isReleased(object: ObjectKey, comes: Comes, { releasers }: WaitForGraph, depth = 0): boolean {
  const known = releasers.get(object);
  return known === undefined || known.some((releaser) => comes(releaser, depth));
}

/**
 * The knots inside a deadlocked set: strongly connected parts that wait for nothing outside themselves. An
 * object without any releaser is a knot of its own, with those who wait for it.
 */
export function findKnots(graph: WaitForGraph, stuck: ReadonlySet<string>): Knot[] {
  const buckets = new Map(
    graph.buckets.filter((bucket) => stuck.has(bucket.key)).map((bucket) => [bucket.key, bucket]),
  );
  const next = (node: string): string[] => {
    const bucket = buckets.get(node);
    if (bucket !== undefined) return servedArms(bucket, (object) => releasersIn(object).length > 0);
    return releasersIn(node);
  };
  const releasersIn = (node: string): string[] => {
    const releasers = graph.releasers.get(node) ?? [];
    return releasers.flatMap((r) => {
      const own = r.kind === 'bucket' ? [r.bucket] : [];
      return [...own, ...(r.behind ?? [])].filter((key) => buckets.has(key));
    });
  };
  const components = stronglyConnected([...buckets.keys()], next);
  const componentOf = new Map(components.flatMap((nodes, i) => nodes.map((node) => [node, i] as const)));
  const waitersOf = bucketsByObject([...buckets.values()]);
  const leadingTo = backwards(components.flat(), next);
  const knots = components
    .filter((nodes, i) => nodes.every((node) => next(node).every((to) => componentOf.get(to) === i)))
    .flatMap((nodes) => certainCores(nodes, buckets, graph));
  return knots.map((nodes) => {
    const inside = nodes.flatMap((node) => buckets.get(node) ?? []);
    const objects = nodes.filter((node) => !buckets.has(node));
    // Nobody is left to release the object: its waiters are the story, not its victims.
    const own =
      inside.length > 0 ? inside : [...new Set(objects.flatMap((object) => waitersOf.get(object) ?? []))];
    const members = new Set(own.map((bucket) => bucket.key));
    const behind = [...leadingTo(nodes)].flatMap((node) =>
      members.has(node) ? [] : (buckets.get(node) ?? []),
    );
    const queued = objects.length === 0 ? new Set(behind) : queuedBehind(own, objects, behind, graph);
    return {
      buckets: own,
      objects,
      victims: behind.filter((bucket) => queued.has(bucket)),
      starved: behind.filter((bucket) => !queued.has(bucket)),
    };
  });
}

/** Everything from which one of some nodes can be reached, in the order of the nodes; themselves included. */
function backwards(nodes: readonly string[], next: (node: string) => readonly string[]) {
  const before = new Map<string, string[]>();
  const place = new Map(nodes.map((node, i) => [node, i]));
  for (const node of nodes) {
    for (const to of next(node)) {
      const list = before.get(to);
      if (list === undefined) before.set(to, [node]);
      else list.push(node);
    }
  }
  return (targets: readonly string[]): readonly string[] => {
    const seen = new Set(targets);
    for (const node of seen) for (const from of before.get(node) ?? []) seen.add(from);
    return [...seen].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
  };
}

/**
 * The cycles of a knot that were seen in frames, where there are any: what merely may release one of their objects is
 * stuck behind them.
 */
function certainCores(
  nodes: readonly string[],
  buckets: ReadonlyMap<string, Bucket>,
  { releasers }: WaitForGraph,
): readonly (readonly string[])[] {
  const inside = new Set(nodes);
  const next = (node: string): string[] => {
    const bucket = buckets.get(node);
    if (bucket !== undefined) return objectsOf(bucket).filter((object) => inside.has(object));
    const own = peersOf(node, releasers.get(node) ?? []);
    return own.flatMap((r) => (r.certain && inside.has(r.bucket) ? [r.bucket] : []));
  };
  const cores = stronglyConnected(nodes, next).filter((part) => part.length > 1);
  if (cores.length === 0 || cores.some((part) => part.length === nodes.length)) return [nodes];
  const coreOf = new Map(cores.flatMap((part) => part.map((node) => [node, part] as const)));
  // One that waits for another one is no root cause.
  const last = cores.filter((part) => {
    const seen = new Set(part);
    for (const node of seen) for (const to of next(node)) seen.add(to);
    return [...seen].every((node) => (coreOf.get(node) ?? part) === part);
  });
  return last.length > 0 ? last : [nodes];
}

/** What a goroutine waits for: of a select, the arms that somebody would serve, where there are any. */
function servedArms(bucket: Bucket, isServed: (object: ObjectKey) => boolean): ObjectKey[] {
  const objects = objectsOf(bucket);
  const served = objects.filter(isServed);
  return served.length > 0 ? served : objects;
}

/** Those who queue for the knot's objects, for a lock that one of the knot holds, or that one of those holds. */
function queuedBehind(
  own: readonly Bucket[],
  objects: readonly ObjectKey[],
  behind: readonly Bucket[],
  { releasers }: WaitForGraph,
): ReadonlySet<Bucket> {
  const stopped = new Set(own.map((bucket) => bucket.key));
  const held = (object: ObjectKey) =>
    releasers.get(object)?.some((r) => r.kind === 'bucket' && r.holds && r.certain && stopped.has(r.bucket));
  const queued = new Set<Bucket>();
  for (let before = -1; before < queued.size; ) {
    before = queued.size;
    for (const bucket of behind) {
      if (queued.has(bucket) || !objectsOf(bucket).some((o) => objects.includes(o) || held(o))) continue;
      queued.add(bucket);
      stopped.add(bucket.key);
    }
  }
  return queued;
}

/** Who waits for each object. */
export function bucketsByObject(buckets: readonly Bucket[]): ReadonlyMap<ObjectKey, readonly Bucket[]> {
  const waiting = new Map<ObjectKey, Bucket[]>();
  for (const bucket of buckets) {
    for (const object of new Set(objectsOf(bucket))) {
      const known = waiting.get(object);
      if (known === undefined) waiting.set(object, [bucket]);
      else known.push(bucket);
    }
  }
  return waiting;
}

export function objectsOf(bucket: Bucket): ObjectKey[] {
  if (bucket.wait.kind === 'sync') return [syncKey(bucket.wait.address, bucket.wait.mode)];
  if (bucket.wait.kind !== 'channel') return [];
  return bucket.wait.cases.map(({ channel, direction }) => objectKey(channel, direction));
}

/** Tarjan's algorithm without recursion: a chain of goroutines may be longer than the call stack. */
function stronglyConnected(roots: readonly string[], next: (node: string) => readonly string[]): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const onStack = new Set<string>();
  const stack: string[] = [];
  const out: string[][] = [];
  const open = (node: string) => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    stack.push(node);
    onStack.add(node);
    return { node, edges: next(node), at: 0 };
  };
  const lower = (node: string, to: number) => low.set(node, Math.min(low.get(node) ?? to, to));
  for (const root of roots) {
    if (index.has(root)) continue;
    const work = [open(root)];
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const to = frame.edges[frame.at++];
      if (to !== undefined) {
        if (!index.has(to)) work.push(open(to));
        else if (onStack.has(to)) lower(frame.node, index.get(to) ?? 0);
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent !== undefined) lower(parent.node, low.get(frame.node) ?? 0);
      if (low.get(frame.node) !== index.get(frame.node)) continue;
      const component: string[] = [];
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        onStack.delete(node);
        component.push(node);
        if (node === frame.node) break;
      }
      out.push(component);
    }
  }
  return out;
}

export const channelOf = (object: ObjectKey) => Number(object.slice(object.indexOf(':') + 1));
export const directionOf = (object: ObjectKey) => (object.startsWith('send:') ? 'send' : 'receive');
