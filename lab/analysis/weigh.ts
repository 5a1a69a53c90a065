import type { Trust } from './model/trust.js';
import type { Claim, RuleInput } from './rules/rule.js';
import { unreachableObject } from './rules/unreachable-object.js';

/** Claims as certain as what they rest on can be trusted. */
export function weighed(claims: readonly Claim[], trust: Trust, input: RuleInput): readonly Claim[] {
  return trust.atMost === 'suspected' ? claims.flatMap((claim) => weigh(claim, trust, input)) : claims;
}

/**
 * That nobody holds a lock can be said only where every frame was asked: a holder may know it under another name.
 * The list of objects shows that it is locked and who waits.
 */
const needsFrames: ReadonlySet<string> = new Set(['leaked-lock']);

/** What holds only if frames say what the sources say has to be looked at in the frames; a proof rests on memory. */
function weigh(
  claim: Claim,
  { doubt, doubtOfStory }: Extract<Trust, { atMost: 'suspected' }>,
  input: RuleInput,
): readonly Claim[] {
  const proved = claim.certainty === 'proved';
  if (needsFrames.has(claim.rule))
    return proved ? unreachableObject.apply({ ...input, unreachedKnots: [claim.knot] }) : [];
  if (proved && provesAlone.has(claim.rule)) return [claim];
  const explanation = `${claim.explanation} ${proved ? doubtOfStory : doubt}`;
  return [{ ...claim, certainty: proved ? 'proved' : 'suspected', explanation }];
}

/** Rules that tell nothing but what memory, or the runtime's own word, proves. */
const provesAlone: ReadonlySet<string> = new Set(['nil-channel', 'empty-select', unreachableObject.name]);
