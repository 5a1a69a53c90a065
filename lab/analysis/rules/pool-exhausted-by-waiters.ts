import type { Knot } from '../graph/knots.js';
import { countOf, numbered } from '../model/counts.js';
import type { Pool } from '../model/pool.js';
import type { Bucket } from '../model/snapshot.js';
import { objectsOf } from '../model/wait-object.js';
import { channelRule, poolsIn } from './channel-shape.js';
import { allUnits, askedAt, heldThrough, holdersIn } from './pool-words.js';
import { agree, behind, goroutinesOf, type RuleInput } from './rule.js';

/** Everything that a pool has is held by goroutines that wait for one more of it. */
export const poolExhaustedByWaiters = channelRule(
  'pool-exhausted-by-waiters',
  'units',
  (knot, input, certainty) => {
    const pools = poolsIn(knot, input);
    const [pool] = pools;
    const held = thoseWhoAsk(holdersIn(knot, input), pools, input);
    if (pool === undefined || held.length === 0) return undefined;
    // Permits show nobody: whoever stands where it may give one back is a better guess than those who wait.
    if (certainty === 'suspected' && pool.kind === 'semaphore' && mayBeGivenBack(knot, input))
      return undefined;
    const holders = held.map(({ bucket }) => bucket);
    const others = knot.buckets.filter((bucket) => !holders.includes(bucket));
    const own: Knot = { ...knot, buckets: holders, victims: [...knot.victims, ...others] };
    const back = [...new Set(held.flatMap(({ how }) => how.flatMap((one) => one.givenBackBy ?? [])))];
    const asking = holders.filter((one) => objectsOf(one).some((o) => input.searches.get(o)?.pool));
    const lost = pools
      .flatMap((one) => one.units)
      .filter((unit) => unit.holders.length === 0 && !unit.elsewhere).length;
    const lostText =
      lost === 0
        ? ''
        : ` ${numbered(lost, 'more is', 'more are')} held by nobody: nothing alive leads to ${lost === 1 ? 'it' : 'them'}.`;
    return {
      knot: own,
      summary: `${pools.map(allUnits).join(' and ')} ${pool.limit === 1 ? 'is' : 'are'} held by ${goroutinesOf(holders).replace(/^G/, 'g')}, ${agree(holders, 'which waits', 'each of which waits')} for another one${behind(own.victims)}.${alsoWaiting(pools, own, input)}`,
      explanation: `${agree(holders, 'It has it by', 'Each has its own by')} ${heldThrough(held)}, which ${back.join(' or ') || 'the end of the call'} gives back, and asks for another at ${askedAt(asking, input)}; the limit is ${pool.limit} (${pool.limitedBy}).${lostText}`,
      suggestion: `Give the ${pool.unit} back before asking for another one, or do the inner work on the one that is held; a higher limit only lets it take longer.`,
      roles: new Map(
        holders.map((bucket) => [bucket.key, `holds a ${pool.unit} of ${pool.type} and waits for another`]),
      ),
    };
  },
);

/**
 * Of those who have something those who ask for more, where they account for all that is held: beside them a library may keep
 * a goroutine of its own that has the pointer too, and ends with them.
 */
function thoseWhoAsk<Held extends { readonly bucket: Bucket }>(
  held: readonly Held[],
  pools: readonly Pool[],
  { searches }: RuleInput,
): readonly Held[] {
  const asking = held.filter(({ bucket }) => objectsOf(bucket).some((object) => searches.get(object)?.pool));
  const keys = new Set(asking.map(({ bucket }) => bucket.key));
  const units = pools.flatMap((pool) => pool.units).filter(({ holders }) => holders.length > 0);
  return units.every(({ holders }) => holders.some(({ bucket }) => keys.has(bucket))) && keys.size > 0
    ? asking
    : held;
}

/** Those who wait for one too, and whose wait may end otherwise. */
function alsoWaiting(pools: readonly Pool[], { buckets, victims, starved }: Knot, { snapshot }: RuleInput) {
  const told = new Set([...buckets, ...victims, ...starved]);
  const more = snapshot.buckets.filter(
    (bucket) =>
      !told.has(bucket) &&
      objectsOf(bucket).some(({ address }) => pools.some((pool) => pool.waiting.has(address))),
  );
  const count = countOf(more);
  if (count === 0) return '';
  return ` ${numbered(count, 'goroutine more waits', 'goroutines more wait')} for one, and may give up.`;
}

function mayBeGivenBack({ buckets, objects }: Knot, { graph }: RuleInput): boolean {
  const own = new Set(buckets.map(({ key }) => key));
  const all = objects.flatMap((object) => graph.releasers.get(object) ?? []);
  return all.some((r) => r.kind === 'bucket' && !r.certain && !own.has(r.bucket));
}
