import type { Bucket } from '../model/snapshot.js';
import { agree, behind, type Claim, goroutinesOf, type Rule, type RuleInput } from './rule.js';

const name = 'endless-context';

/** The `Done` of a context that cannot end is a nil channel: `context.Background`, and what only adds values to it. */
export function isEndlessContext(bucket: Bucket, input: RuleInput): boolean {
  if (bucket.wait.kind !== 'nil-channel' || bucket.wait.direction === 'send') return false;
  const written = input.receivedFrom(bucket);
  return written.length > 0 && written.every((expression) => /\.Done\(\)$/.test(expression));
}

/**
 * A goroutine waits for the end of a context that has none. It never goes on; but many a program is written so
 * that it may be handed such a context, and loses nothing by it. Only when others wait behind it is it a deadlock.
 */
export const endlessContext: Rule = {
  name,
  apply: (input) =>
    input.knots.flatMap((knot): Claim[] => {
      const [bucket] = knot.buckets;
      if (bucket === undefined || !isEndlessContext(bucket, input)) return [];
      const { userLocation: at } = bucket.signature;
      const harmless = input.someoneRuns && knot.victims.length + knot.starved.length === 0;
      return [
        {
          rule: name,
          class: 'communication',
          subtype: 'channel-context',
          certainty: harmless ? 'suspected' : 'proved',
          knot,
          summary: `${goroutinesOf(knot.buckets)} ${agree(knot.buckets, 'waits', 'wait')} in ${at.function} for the end of a context that has none${behind(knot.victims)}.`,
          explanation:
            `The wait is at ${at.file}:${at.line}. Done of this context is nil, as that of context.Background ` +
            'is: nothing can cancel it, and no deadline ends it.',
          suggestion: 'Pass a context with a cancel function or a deadline, and make sure that it is called.',
          roles: new Map([[bucket.key, 'waits for a context that never ends']]),
        },
      ];
    }),
};
