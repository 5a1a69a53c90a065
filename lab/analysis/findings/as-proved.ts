import type { Knot } from '../graph/knots.js';
import type { Bucket } from '../model/snapshot.js';
import { objectsOf } from '../model/wait-object.js';
import type { Claim, Rule, RuleInput } from '../rules/rule.js';
import { isLost, isReadable } from '../rules/study-waits.js';
import { unreachableObject } from '../rules/unreachable-object.js';

/**
 * What the sources made likely is proved when memory says so too. Where they leave the story open, that goroutines are
 * lost is proved none the less; of many of one story, that some of them are.
 */
export function asProved(claim: Claim, rule: Rule, input: RuleInput): readonly Claim[] {
  const { knot, certainty } = claim;
  const { unreached = new Set() } = input.graph;
  if (certainty === 'strong' && isLost(knot, input.graph)) return [{ ...claim, certainty: 'proved' }];
  const lost = knot.buckets.filter(({ key }) => unreached.has(key));
  if (certainty !== 'suspected' || lost.length === 0) return [claim];
  const others = knot.buckets.filter(({ key }) => !unreached.has(key));
  if (others.length === 0) return unexplained(claim, knot, input);
  // Who belongs to a larger story is behind those that are lost; many that wait alone are so many stories.
  if (knot.example?.buckets.length !== 1)
    return unexplained(claim, { ...partOf(knot, lost), victims: [...knot.victims, ...others] }, input);
  const told = (part: Partial<RuleInput>) =>
    rule.apply({ ...input, knots: [], lostKnots: [], unreachedKnots: [], suspectedKnots: [], ...part });
  const apart = partOf(knot, lost);
  const proved = isReadable(apart, input.searches) ? told({ lostKnots: [apart] }) : [];
  return [
    ...(proved.length > 0 ? proved : unexplained(claim, apart, input)),
    ...told({ knots: [partOf(knot, others)] }),
  ];
}

/** That they are lost, with what the sources make likely as a remark. */
function unexplained(claim: Claim, knot: Knot, input: RuleInput): readonly Claim[] {
  const proved = unreachableObject.apply({ ...input, unreachedKnots: [knot] });
  if (proved.length === 0) return [claim];
  const { class: kind, subtype, summary } = claim;
  return proved.map((one) => ({
    ...{ ...one, class: kind, subtype },
    explanation: `${one.explanation} As far as the sources tell: ${summary}`,
  }));
}

/** Some of the goroutines of a knot, and what they wait for; where each is a story of its own, the first stands for all. */
function partOf(knot: Knot, buckets: readonly Bucket[]): Knot {
  const objectsAmong = (some: readonly Bucket[]) => {
    const own = new Set(some.flatMap(objectsOf));
    return knot.objects.filter((object) => own.has(object));
  };
  const [first] = buckets;
  const { example: _, ...rest } = knot;
  const example =
    first === undefined || buckets.length === 1 || knot.example?.buckets.length !== 1
      ? {}
      : { example: { buckets: [first], objects: objectsAmong([first]) } };
  return { ...rest, ...example, buckets, objects: objectsAmong(buckets) };
}
