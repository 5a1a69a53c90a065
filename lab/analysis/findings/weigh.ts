import { type Lack, lackOf, type Trust } from '../model/trust.js';
import type { Claim, RuleInput } from '../rules/rule.js';
import { unreachableObject } from '../rules/unreachable-object.js';

/** Claims as certain as what they rest on can be trusted. */
export function weighed(claims: readonly Claim[], trust: Trust, input: RuleInput): readonly Claim[] {
  if (trust.atMost === 'strong') return claims;
  const lack = lackOf(trust);
  return claims.flatMap((claim) => (lack === undefined ? [lowered(claim)] : doubted(claim, lack, input)));
}

const lowered = (claim: Claim): Claim =>
  claim.certainty === 'proved' ? claim : { ...claim, certainty: 'suspected' };

/**
 * That nobody holds a lock can be said only where every frame was asked: a holder may know it under another name.
 * The list of objects shows that it is locked and who waits.
 */
const needsFrames: ReadonlySet<string> = new Set(['leaked-lock']);

/** What holds only if frames say what the sources say has to be looked at in the frames; a proof rests on memory. */
function doubted(claim: Claim, { doubt, doubtOfStory }: Lack, input: RuleInput): readonly Claim[] {
  const proved = claim.certainty === 'proved';
  if (needsFrames.has(claim.rule))
    return proved ? unreachableObject.apply({ ...input, unreachedKnots: [claim.knot] }) : [];
  if (proved && memoryAlone.has(claim.rule)) return [claim];
  const explanation = `${claim.explanation} ${proved ? doubtOfStory : doubt}`;
  return [lowered({ ...claim, explanation })];
}

/** Rules that tell nothing but what memory proves. */
const memoryAlone: ReadonlySet<string> = new Set([
  'nil-channel',
  'empty-select',
  'abandoned-pipe',
  unreachableObject.name,
]);
