import type { Knot } from '../graph/knots.js';
import { peersOf } from '../graph/releaser.js';
import { countOf } from '../model/counts.js';
import type { Bucket } from '../model/snapshot.js';
import { channelRule, channelsText, requestsIn } from './channel-shape.js';
import { agree, behind, goroutinesOf, type RuleInput } from './rule.js';
import { placeOf } from './sync-knot.js';

/**
 * A bounded pool, of worker goroutines or of the slots of a channel: everyone in it waits for what only somebody in
 * it could do. Slots have no owner: where unknown code may give one back, nothing is said of them.
 */
export const poolWaitsForItself = channelRule('pool-waits-for-itself', 'pool', (knot, input, certainty) => {
  const request = requestsIn(knot, input);
  if (request !== undefined) return ofAnswers(knot, request, input);
  const holders = holdersOf(knot, input);
  if (holders.length > 0) return certainty === 'suspected' ? undefined : ofSlots(knot, holders, input);
  if (knot.objects[0]?.mode !== 'send') return ofResults(knot, input);
  return takesWork(knot, input) ? ofWorkers(knot, input) : ofSlots(knot, knot.buckets, input);
});

/**
 * What is sent is work; or one has received before, as a worker has. Who only receives a token later gives back a slot,
 * which somebody took for it.
 */
const takesWork = (knot: Knot, input: RuleInput) =>
  releasesOf(knot, input).some((how) => how.again === true) ||
  knot.objects.some(({ address }) => {
    const channel = input.graph.channels.get(address);
    return (channel?.capacity ?? 0) === 0 || !/^(struct ?\{\}|bool)$/.test(channel?.elemType ?? '');
  });

/** Nobody where those who were seen to take a slot are fewer than the slots that are taken. */
function holdersOf({ buckets, objects }: Knot, { graph, searches }: RuleInput): readonly Bucket[] {
  const known = objects.flatMap((object) => [...(searches.get(object)?.story?.holders ?? [])]);
  const holders = buckets.filter((bucket) => known.includes(bucket.key));
  const taken = objects.map(({ address }) => graph.channels.get(address)?.count ?? 0);
  return countOf(holders) < Math.max(...taken) ? [] : holders;
}

/** Those who have no slot yet are victims of those who want a second one. */
function ofSlots(knot: Knot, holders: readonly Bucket[], input: RuleInput) {
  const waiting = knot.buckets.filter((bucket) => !holders.includes(bucket));
  const own: Knot = { ...knot, buckets: holders, victims: [...knot.victims, ...waiting] };
  const { file, line, function: name } = placeOf(holders[0] ?? own.buckets[0] ?? nobody());
  const back = releaseOf(own, input);
  return {
    knot: own,
    summary: `${goroutinesOf(holders)} ${agree(holders, 'holds the only slot', 'hold the slots')} of ${channelsText(own, input)} and ${agree(holders, 'waits', 'wait')} for another one of it${behind(own.victims)}.`,
    explanation: `Each has a slot, gives it back only at ${back}, and takes one more at ${file}:${line} in ${name}: all slots are held by goroutines that wait.`,
    suggestion:
      'Take a slot for the innermost work only, or give it back before asking again; or try to take one and do the work in place when there is none.',
    roles: new Map(holders.map((bucket) => [bucket.key, 'holds a slot and waits for another'])),
  };
}

function ofWorkers(knot: Knot, input: RuleInput) {
  const { file, line, function: name } = placeOf(knot.buckets[0] ?? nobody());
  const takes = releaseOf(knot, input);
  return {
    summary: `${goroutinesOf(knot.buckets)}, ${agree(knot.buckets, 'the only worker that receives', 'all workers that receive')} from ${channelsText(knot, input)}, ${agree(knot.buckets, 'is itself', 'are themselves')} blocked sending to it${behind(knot.victims)}.`,
    explanation: `A worker takes its work at ${takes}; while working, it submits more to its own pool at ${file}:${line} in ${name}. No worker is free to take that.`,
    suggestion:
      'Do not wait for room in a pool from within it: do the rest in place when the queue is full, keep it in a list of the worker, or use a second pool.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, 'worker that submits work to its own pool'])),
  };
}

function ofResults(knot: Knot, input: RuleInput) {
  const { file, line, function: name } = placeOf(knot.buckets[0] ?? nobody());
  const calls = [
    ...new Set(
      knot.objects.flatMap((object) =>
        peersOf(object, input.graph.releasers.get(object) ?? []).flatMap((r) => r.how.calledAt ?? []),
      ),
    ),
  ];
  return {
    summary: `${goroutinesOf(knot.buckets)}, ${agree(knot.buckets, 'the only worker of its pool, waits', 'all workers of one pool, wait')} for results that only this pool could produce: ${channelsText(knot, input)}${behind(knot.victims)}.`,
    explanation: `The wait is at ${file}:${line} in ${name}; what would end it is work of the pool, which runs at ${calls.join(', ')}, and every worker that could do it waits like this.`,
    suggestion:
      'Do not wait for work of a pool from within it: do that part in place, return and continue when the result is there, or use a second pool.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, 'worker that waits for its own pool'])),
  };
}

function ofAnswers(
  knot: Knot,
  { how, queues }: NonNullable<ReturnType<typeof requestsIn>>,
  input: RuleInput,
) {
  const { file, line, function: name } = placeOf(knot.buckets[0] ?? nobody());
  return {
    summary: `${goroutinesOf(knot.buckets)}, all that receive from ${queues}, wait for answers to requests that wait in ${queues} themselves: ${channelsText(knot, input)}${behind(knot.victims)}.`,
    explanation: `A request is taken at ${how.file}:${how.line} (${how.expression}); the wait for the answer is at ${file}:${line} in ${name}, and nobody is left to take the next one. Nothing in memory leads to these channels but these goroutines and the requests in the buffer.`,
    suggestion:
      'Do not wait for work of a pool from within it: do that part in place, return and continue when the result is there, or use a second pool.',
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, 'worker that waits for its own pool'])),
  };
}

const releasesOf = (knot: Knot, { graph }: RuleInput) =>
  knot.objects.flatMap((object) =>
    peersOf(object, graph.releasers.get(object) ?? [])
      .filter((r) => knot.buckets.some((bucket) => bucket.key === r.bucket))
      .map((r) => r.how),
  );

function releaseOf(knot: Knot, input: RuleInput): string {
  const [how] = releasesOf(knot, input);
  return how === undefined ? 'an unknown place' : `${how.file}:${how.line} (${how.expression})`;
}

function nobody(): never {
  throw new Error('a knot without goroutines');
}
