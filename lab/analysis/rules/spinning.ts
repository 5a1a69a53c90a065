import type { Knot } from '../graph/knots.js';
import { deadlockedBuckets } from '../graph/wait-for-graph.js';
import type { Bucket } from '../model/snapshot.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';
import type { Spin } from '../releasers/spins.js';
import type { RuleInput } from './rule.js';

/** Goroutines that spin in one loop, and those that wait until they leave it. */
export interface Spinners {
  readonly spin: Spin;
  readonly knot: Knot;
}

/**
 * Loops that nobody who can go on is about to end, and that others wait behind. Whoever waits for what the loop itself
 * takes or gives is not behind it: the loop ends as soon as it comes round.
 */
export function spinnersOf(input: RuleInput): readonly Spinners[] {
  const { graph, spins = new Map<string, Spin>() } = input;
  const inLoop = graph.buckets.filter((bucket) => {
    const spin = spins.get(bucket.key);
    return spin !== undefined && !isServed(bucket, spin, input) && !takesEachRound(bucket, spin, input);
  });
  if (inLoop.length === 0) return [];
  const stuckWith = (spinning: readonly Bucket[]) => {
    const never = new Set(spinning.map(({ key }) => key));
    const buckets = graph.buckets.map((bucket) =>
      never.has(bucket.key) ? { ...bucket, wait: { kind: 'empty-select' as const } } : bucket,
    );
    return deadlockedBuckets({ ...graph, buckets }, 'all');
  };
  const all = stuckWith(inLoop);
  const lasting = inLoop.filter(({ key }) => !willBeEnded(spins.get(key), all));
  const before = deadlockedBuckets(graph, 'all');
  return byLoop(lasting, spins).flatMap(({ spin, buckets }) => {
    const own = new Set(buckets.map(({ key }) => key));
    const behind = [...(lasting.length === buckets.length ? stuckWith(lasting) : stuckWith(buckets))].filter(
      (key) => !own.has(key) && !before.has(key),
    );
    if (behind.length === 0) return [];
    const victims = graph.buckets.filter(({ key }) => behind.includes(key));
    return [{ spin, knot: { buckets, objects: heldFrom(victims, own, input), victims, starved: [] } }];
  });
}

/** Somebody who can go on has ahead what changes the loop's test. */
const willBeEnded = (spin: Spin | undefined, stuck: ReadonlySet<string>): boolean =>
  spin?.changers.some(({ buckets }) => buckets.some((key) => !stuck.has(key))) === true;

/** Somebody waits at the other end of a channel that the loop tries. */
function isServed(bucket: Bucket, spin: Spin, { graph }: RuleInput): boolean {
  return graph.buckets.some((other) =>
    objectsOf(other).some((object) =>
      graph.releasers
        .get(object)
        ?.some(
          (r) =>
            r.kind === 'bucket' &&
            r.bucket === bucket.key &&
            (r.how.operation === 'send' || r.how.operation === 'receive') &&
            r.how.file === spin.file &&
            r.how.line >= spin.from &&
            r.how.line <= spin.to,
        ),
    ),
  );
}

/**
 * It waits, or has just been woken, inside of the loop; or what others wait for is taken and given back each time the loop
 * comes round. A loop that asks nothing has to have it since before the loop.
 */
function takesEachRound({ key, signature }: Bucket, spin: Spin, { graph }: RuleInput): boolean {
  const isInside = ({ file, line }: { readonly file: string; readonly line: number }) =>
    file === spin.file && line >= spin.from && line <= spin.to;
  const loop = signature.frames.findIndex(isInside);
  if (signature.frames.slice(0, Math.max(loop, 0)).some((frame) => isSyncWait(frame.function))) return true;
  const own = [...graph.releasers.values()].flatMap((releasers) =>
    releasers.flatMap((r) => (r.kind === 'bucket' && r.bucket === key ? [r.how] : [])),
  );
  if (own.some(({ frame }) => frame < loop)) return true;
  const isBefore = (how: (typeof own)[number]) =>
    how.frame > loop || (how.file === spin.file && !isInside(how));
  return spin.kind === 'endless' && !own.every(isBefore);
}

const isSyncWait = (name: string): boolean =>
  /^(?:internal\/)?sync\.(?:runtime_Sem|runtime_notifyListWait|\(\*(?:RW)?Mutex\)\.(?:R?Lock|lockSlow))/.test(
    name,
  );

function byLoop(buckets: readonly Bucket[], spins: ReadonlyMap<string, Spin>) {
  const loops = new Map<string, { readonly spin: Spin; readonly buckets: Bucket[] }>();
  for (const bucket of buckets) {
    const spin = spins.get(bucket.key);
    if (spin === undefined) continue;
    const key = `${spin.file}:${spin.from}`;
    const loop = loops.get(key) ?? { spin, buckets: [] };
    loop.buckets.push(bucket);
    loops.set(key, loop);
  }
  return [...loops.values()];
}

/** What those behind wait for, of what the spinning goroutines hold or would serve. */
function heldFrom(
  victims: readonly Bucket[],
  own: ReadonlySet<string>,
  { graph }: RuleInput,
): readonly WaitObject[] {
  const all = new Set(victims.flatMap((bucket) => objectsOf(bucket)));
  return [...all].filter((object) =>
    graph.releasers.get(object)?.some((r) => r.kind === 'bucket' && own.has(r.bucket)),
  );
}
