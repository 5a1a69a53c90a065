import type { Bucket } from '../model/snapshot.js';
import { bucketsByObject, objectsOf, type WaitObject } from '../model/wait-object.js';
import { peersOf, type Releaser } from './releaser.js';
import { stronglyConnected } from './strongly-connected.js';
import type { WaitForGraph } from './wait-for-graph.js';

/** A closed set of goroutines and objects: the root cause; and those who queue behind it. */
export interface Knot {
  readonly buckets: readonly Bucket[];
  readonly objects: readonly WaitObject[];
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

/** Of the graph: a bucket by its key, or an object. */
type Node = string | WaitObject;

const isObject = (node: Node): node is WaitObject => typeof node !== 'string';

/**
 * The knots inside a deadlocked set: strongly connected parts that wait for nothing outside themselves. An
 * object without any releaser is a knot of its own, with those who wait for it.
 */
export function findKnots(graph: WaitForGraph, stuck: ReadonlySet<string>): Knot[] {
  const buckets = new Map(
    graph.buckets.filter((bucket) => stuck.has(bucket.key)).map((bucket) => [bucket.key, bucket]),
  );
  const next = (node: Node): readonly Node[] => {
    if (isObject(node)) return releasersIn(node);
    const bucket = buckets.get(node);
    return bucket === undefined ? [] : servedArms(bucket, (object) => releasersIn(object).length > 0);
  };
  const known = new Map<WaitObject, readonly string[]>();
  const releasersIn = (object: WaitObject): readonly string[] => {
    const found = known.get(object) ?? [...new Set(graph.releasers.get(object)?.flatMap(whoComes))];
    known.set(object, found);
    return found;
  };
  const whoComes = (r: Releaser) => {
    const own = r.kind === 'bucket' ? [r.bucket] : [];
    return [...own, ...(r.behind ?? [])].filter((key) => buckets.has(key));
  };
  const components = stronglyConnected<Node>([...buckets.keys()], next);
  const bucketOf = (node: Node) => (isObject(node) ? undefined : buckets.get(node));
  const componentOf = new Map(components.flatMap((nodes, i) => nodes.map((node) => [node, i] as const)));
  const waitersOf = bucketsByObject([...buckets.values()]);
  const held = heldByBucket(graph);
  const leadingTo = backwards(components.flat(), next);
  const knots = components
    .filter((nodes, i) => nodes.every((node) => next(node).every((to) => componentOf.get(to) === i)))
    .flatMap((nodes) => innerCycles(nodes, next, { buckets, graph }) ?? [nodes])
    .flatMap((nodes) => certainCores(nodes, buckets, graph));
  return knots.map((nodes) => {
    const inside = nodes.flatMap((node) => bucketOf(node) ?? []);
    const objects = nodes.filter(isObject);
    // Nobody is left to release the object: its waiters are the story, not its victims.
    const own =
      inside.length > 0 ? inside : [...new Set(objects.flatMap((object) => waitersOf.get(object) ?? []))];
    const members = new Set(own.map((bucket) => bucket.key));
    const behind = [...leadingTo(nodes)].flatMap((node) =>
      isObject(node) || members.has(node) ? [] : (buckets.get(node) ?? []),
    );
    const queued =
      objects.length === 0
        ? new Set(behind)
        : queuedBehind(own, objects, new Set(behind), { held, waitersOf });
    return {
      buckets: own,
      objects,
      victims: behind.filter((bucket) => queued.has(bucket)),
      starved: behind.filter((bucket) => !queued.has(bucket)),
    };
  });
}

/** Everything from which one of some nodes can be reached, in the order of the nodes; themselves included. */
function backwards(nodes: readonly Node[], next: (node: Node) => readonly Node[]) {
  const before = new Map<Node, Node[]>();
  const place = new Map(nodes.map((node, i) => [node, i]));
  for (const node of nodes) {
    for (const to of next(node)) {
      const list = before.get(to);
      if (list === undefined) before.set(to, [node]);
      else list.push(node);
    }
  }
  return (targets: readonly Node[]): readonly Node[] => {
    const seen = new Set(targets);
    for (const node of seen) for (const from of before.get(node) ?? []) seen.add(from);
    return [...seen].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
  };
}

/**
 * The cycles of a knot that do without those who wait for a group: these merely wait for workers that are stuck among
 * themselves. `undefined` where the workers wait for what only somebody behind such a wait would do.
 */
function innerCycles(
  nodes: readonly Node[],
  next: (node: Node) => readonly Node[],
  { buckets, graph }: { readonly buckets: ReadonlyMap<string, Bucket>; readonly graph: WaitForGraph },
): readonly (readonly Node[])[] | undefined {
  const isGroup = (node: Node) => isObject(node) && node.mode === 'wait';
  const waitsForGroup = (node: Node) =>
    !isObject(node) && objectsOf(buckets.get(node) ?? nobody).some(isGroup);
  if (!nodes.some(isGroup)) return undefined;
  const inside = new Set(nodes.filter((node) => !isGroup(node) && !waitsForGroup(node)));
  const cycles = stronglyConnected<Node>([...inside], (node) =>
    next(node).filter((to) => inside.has(to)),
  ).filter((part) => part.length > 1);
  const closed = cycles.filter((part) => {
    const own = new Set(part);
    return part.every((node) => next(node).every((to) => own.has(to) || !inside.has(to)));
  });
  // Who merely may come can hold no lock, but may well serve a channel.
  const isShown = (object: WaitObject, own: ReadonlySet<Node>) =>
    graph.releasers
      .get(object)
      ?.some((r) => r.kind === 'bucket' && own.has(r.bucket) && (r.certain || !isChannel(object)));
  // What one of the waiters was seen to have, or to be the one to do, is no matter of the workers alone.
  const isNeeded = (object: WaitObject) =>
    graph.releasers.get(object)?.some((r) => r.kind === 'bucket' && r.certain && waitsForGroup(r.bucket));
  const found = closed.filter((part) => {
    const objects = part.filter(isObject);
    return objects.every((object) => !isNeeded(object) && isShown(object, new Set(part)));
  });
  return found.length > 0 ? found : undefined;
}

const isChannel = ({ kind }: WaitObject) => kind === 'channel';
const nobody: Pick<Bucket, 'wait'> = { wait: { kind: 'empty-select' } };

/**
 * The cycles of a knot that were seen in frames, where there are any: what merely may release one of their objects is
 * stuck behind them.
 */
function certainCores(
  nodes: readonly Node[],
  buckets: ReadonlyMap<string, Bucket>,
  { releasers }: WaitForGraph,
): readonly (readonly Node[])[] {
  const inside = new Set(nodes);
  const next = (node: Node): readonly Node[] => {
    if (!isObject(node)) {
      const bucket = buckets.get(node);
      return bucket === undefined ? [] : objectsOf(bucket).filter((object) => inside.has(object));
    }
    const own = peersOf(node, releasers.get(node) ?? []).filter((r) => inside.has(r.bucket));
    // What a goroutine would do for itself later tells nothing as long as others may come.
    const others = own.filter((r) => !objectsOf(buckets.get(r.bucket) ?? nobody).includes(node));
    return (others.length > 0 ? others : own).flatMap((r) => (r.certain ? [r.bucket] : []));
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
function servedArms(bucket: Bucket, isServed: (object: WaitObject) => boolean): readonly WaitObject[] {
  const objects = objectsOf(bucket);
  const served = objects.filter(isServed);
  return served.length > 0 ? served : objects;
}

/** What each bucket was seen to keep others from: locks that it holds, groups that cannot do without it. */
function heldByBucket({ releasers }: WaitForGraph): ReadonlyMap<string, readonly WaitObject[]> {
  const held = new Map<string, WaitObject[]>();
  for (const [object, all] of releasers) {
    for (const r of all) {
      if (r.kind !== 'bucket' || !r.certain || !(r.holds || r.required)) continue;
      const known = held.get(r.bucket);
      if (known === undefined) held.set(r.bucket, [object]);
      else known.push(object);
    }
  }
  return held;
}

/** Those who queue for the knot's objects, for a lock that one of the knot holds, or that one of those holds. */
function queuedBehind(
  own: readonly Bucket[],
  objects: readonly WaitObject[],
  behind: ReadonlySet<Bucket>,
  {
    held,
    waitersOf,
  }: {
    readonly held: ReadonlyMap<string, readonly WaitObject[]>;
    readonly waitersOf: ReadonlyMap<WaitObject, readonly Bucket[]>;
  },
): ReadonlySet<Bucket> {
  const queued = new Set<Bucket>();
  const stopped = new Set([...objects, ...own.flatMap(({ key }) => held.get(key) ?? [])]);
  for (const object of stopped) {
    for (const bucket of waitersOf.get(object) ?? []) {
      if (!behind.has(bucket) || queued.has(bucket)) continue;
      queued.add(bucket);
      for (const further of held.get(bucket.key) ?? []) stopped.add(further);
    }
  }
  return queued;
}
