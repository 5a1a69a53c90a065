import { messageOf } from '../../errors.js';
import type { Knot } from '../graph/knots.js';
import { countOf, numbered } from '../model/counts.js';
import { callerOfSync, isPoolCode } from '../model/frames.js';
import type { Bucket } from '../model/snapshot.js';
import { bucketsByObject, isSyncObject } from '../model/wait-object.js';
import { poolsIn } from '../rules/channel-shape.js';
import { rules as allRules } from '../rules/index.js';
import type { Claim, Rule, RuleInput } from '../rules/rule.js';
import type { Study } from '../rules/study-waits.js';
import { asProved } from './as-proved.js';
import { type Outlooks, outlooksOf } from './outlook.js';
import { type Suspect, suspectsAmong, unclearWaits } from './suspects.js';

export interface Conclusion {
  readonly claims: readonly Claim[];
  /** What keeps the verdict from being `none`. */
  readonly undecided: readonly string[];
  /** What was found and is not among the claims. */
  readonly limits: readonly string[];
  readonly outlooks: Outlooks;
  /** Where to look when nothing could be proved. */
  readonly suspects: readonly Suspect[];
}

/** Applies the rules. One that crashes leaves a line behind and takes nothing else down. */
export function claimsOf({ input, deadlocked }: Study, rules: readonly Rule[] = allRules): Conclusion {
  const undecided = notUnderstood(input);
  const claims: Claim[] = [];
  const told = (knot: Knot) =>
    claims.some(
      ({ certainty, knot: own }) =>
        certainty === 'proved' && knot.buckets.every((b) => own.buckets.includes(b)),
    );
  for (const rule of rules) {
    try {
      const left = { ...input, unreachedKnots: input.unreachedKnots.filter((knot) => !told(knot)) };
      claims.push(...rule.apply(left).flatMap((claim) => asProved(claim, rule, input)));
    } catch (error) {
      undecided.push(`the rule ${rule.name} failed: ${messageOf(error)}`);
    }
  }
  const rank = { proved: 0, strong: 0, suspected: 1 };
  const victims = ({ knot }: Claim) => countOf(knot.victims);
  const starved = ({ knot }: Claim) => countOf(knot.starved);
  claims.sort(
    (a, b) => rank[a.certainty] - rank[b.certainty] || victims(b) - victims(a) || starved(b) - starved(a),
  );
  const once = withoutRepetition(withoutServants(claims, input));
  const claimed = new Set(claims.flatMap(({ knot }) => [...knot.buckets, ...knot.victims, ...knot.starved]));
  const outlooks = outlooksOf({ input, deadlocked }, claimed);
  const unclear = unclearWaits(input, outlooks.of);
  const suspects = suspectsAmong(unclear, outlooks.of, input);
  if (suspects.length > 0) undecided.push(unclearText(unclear, suspects));
  return { ...once, outlooks, suspects, undecided };
}

/** What serves the units of a pool, in goroutines of its own, waits in vain where they are not given back: that is one story. */
function withoutServants(claims: readonly Claim[], input: RuleInput): readonly Claim[] {
  const { isLibrary } = input;
  if (!claims.some(({ knot }) => poolsIn(knot, input).length > 0)) return claims;
  const isServant = ({ signature }: Bucket) =>
    signature.frames.every(({ file, function: name }) => isLibrary(file) || isPoolCode(name));
  return claims.filter(({ rule, knot }) => rule !== 'channel-knot' || !knot.buckets.every(isServant));
}

function unclearText(unclear: readonly Bucket[], [first]: readonly Suspect[]): string {
  const who = numbered(countOf(unclear), 'goroutine waits', 'goroutines wait');
  return `${who} for what nothing was seen to end: ${first?.text}`;
}

/** Findings that tell the same of other objects; a thousand sessions may hang for one reason. */
const maxAlike = 20;

function withoutRepetition(all: readonly Claim[]): Pick<Conclusion, 'claims' | 'limits'> {
  const counts = new Map<string, { readonly first: Claim; count: number }>();
  const claims = all.filter((claim) => {
    const places = claim.knot.buckets.map(({ signature }) => signature.id).sort();
    const key = [claim.rule, claim.certainty, ...new Set(places)].join(' ');
    const known = counts.get(key) ?? { first: claim, count: 0 };
    known.count += 1;
    counts.set(key, known);
    return known.count <= maxAlike;
  });
  const limits = [...counts.values()]
    .filter(({ count }) => count > maxAlike)
    .map(
      ({ first, count }) =>
        `${count} findings (${first.rule}, ${first.certainty}) are about goroutines at the same places; ${maxAlike} of them are shown.`,
    );
  return { claims, limits };
}

/** The library's own locks (a connection's, a transport's) are held for moments and by its own code. */
function waitsInLibrary({ signature }: Bucket, isLibrary: RuleInput['isLibrary']): boolean {
  const frame = callerOfSync(signature.frames);
  return frame !== undefined && isLibrary(frame.file);
}

/** An iterator waits to be asked for its next value, or its consumer for that: nobody misses it, unless others do. */
const betweenValues = 'coroutine';

function notUnderstood({ graph, searches, nameOf, isLibrary }: RuleInput): string[] {
  const lines: string[] = [];
  const unknown = new Map<string, number>();
  const needed = new Set(
    [...graph.releasers.values()].flatMap((all) =>
      all.flatMap((r) => (r.kind === 'bucket' ? [r.bucket] : [])),
    ),
  );
  for (const bucket of graph.buckets) {
    const { wait, count } = bucket;
    if (wait.kind !== 'unknown' || waitsInLibrary(bucket, isLibrary)) continue;
    if (wait.why === betweenValues && !needed.has(bucket.key)) continue;
    unknown.set(wait.why, (unknown.get(wait.why) ?? 0) + count);
  }
  for (const [why, count] of unknown) {
    const who = count === 1 ? '1 goroutine waits' : `${count} goroutines wait`;
    lines.push(`${who} for something this analysis does not follow yet (${why})`);
  }
  const waiting = bucketsByObject(graph.buckets);
  for (const [object, { releasers }] of searches) {
    if ((waiting.get(object) ?? []).every((bucket) => graph.unreached?.has(bucket.key))) continue;
    const blind = releasers.find((releaser) => releaser.kind === 'open' && releaser.blind);
    if (blind?.kind !== 'open') continue;
    if (isSyncObject(object)) {
      lines.push(`who could release ${nameOf(object.address)} is not known: ${blind.why}`);
      continue;
    }
    lines.push(
      `who could ${object.mode === 'send' ? 'receive from' : 'send to'} ${nameOf(object.address)} is not known: ${blind.why}`,
    );
  }
  return lines;
}
