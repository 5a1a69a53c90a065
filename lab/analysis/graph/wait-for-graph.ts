import { unreachable } from '../../unreachable.js';
import type { Bucket, Channel, SyncObject } from '../model/snapshot.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';
import type { Releaser } from './releaser.js';

export interface WaitForGraph {
  readonly buckets: readonly Bucket[];
  readonly channels: ReadonlyMap<number, Channel>;
  readonly syncObjects?: ReadonlyMap<number, SyncObject> | undefined;
  /** Missing keys are objects about which nothing was found out: anybody may release them. */
  readonly releasers: ReadonlyMap<WaitObject, readonly Releaser[]>;
  /** Code that is on no stack may still come to run, though every goroutine waits: a timer is pending. */
  readonly timersPending?: boolean | undefined;
  /** Keys of the buckets that wait for what no live goroutine can reach: nobody wakes them, whatever the code says. */
  readonly unreached?: ReadonlySet<string> | undefined;
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
      return objectsOf(bucket).some((object) => {
        if (graph.channels.get(object.address)?.wokenFromOutside !== undefined) return true;
        return isReleased(object, comes, graph);
      });
    case 'sync': {
      const [object] = objectsOf(bucket);
      const releasers = object && graph.releasers.get(object);
      if (object === undefined || releasers === undefined) return true;
      // Whoever gives back any unit of a pool ends the waits at its condition: each holder is one of several.
      if (object.mode === 'notify') return isReleased(object, comes, graph);
      // A worker of a group that may be rescued is no reason to suspect the group.
      const held = releasers.some(
        (r) =>
          r.kind === 'bucket' &&
          (r.holds || (r.required && trust === 'all')) &&
          r.certain &&
          stuck.has(r.bucket),
      );
      return !held && releasers.some((releaser) => comes(releaser));
    }
    default:
      return unreachable(wait);
  }
}

type Comes = (releaser: Releaser, depth?: number) => boolean;

/** Whether somebody may end the waits for an object; anybody may where nothing was found out. */
function isReleased(object: WaitObject, comes: Comes, { releasers }: WaitForGraph, depth = 0): boolean {
  const known = releasers.get(object);
  return known === undefined || known.some((releaser) => comes(releaser, depth));
}
