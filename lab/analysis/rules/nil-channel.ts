import type { Knot } from '../graph/knots.js';
import { countOf } from '../model/counts.js';
import { isEndlessContext } from './endless-context.js';
import { behind, type Claim, goroutinesOf, type Rule, type RuleInput } from './rule.js';

const name = 'nil-channel';
const verbs = { send: 'sends to', receive: 'receives from', select: 'selects over nothing but' } as const;
const pluralVerbs = { send: 'send to', receive: 'receive from', select: 'select over nothing but' } as const;

/** A send to or a receive from a nil channel never ends; the runtime itself notes that it was nil. */
export const nilChannel: Rule = {
  name,
  apply: (input) => input.knots.flatMap((knot) => claimOf(knot, input)),
};

function claimOf(knot: Knot, input: RuleInput): Claim[] {
  const [bucket] = knot.buckets;
  if (bucket?.wait.kind !== 'nil-channel' || isEndlessContext(bucket, input)) return [];
  const { userLocation: at } = bucket.signature;
  const direction = bucket.wait.direction;
  const many = countOf(knot.buckets) > 1;
  const verb = many ? pluralVerbs[direction] : verbs[direction];
  // `<-nil` at the end of main is a way to keep a program running while others work; and what is received from may
  // be the `Done` of a context without an end, for all that is known where the line is not at hand.
  const unread = input.receivedFrom(bucket).length === 0 && knot.victims.length === 0;
  const deliberate = direction !== 'send' && input.someoneRuns && (bucket.ids.includes(1) || unread);
  return [
    {
      rule: name,
      class: 'communication',
      subtype: 'channel',
      certainty: deliberate ? 'suspected' : 'proved',
      knot,
      summary: `${goroutinesOf(knot.buckets)} ${verb} a nil channel in ${at.function}${behind(knot.victims)}.`,
      explanation: `The operation is at ${at.file}:${at.line}. The runtime parked it as "${bucket.signature.waitReason}": no operation on any channel can wake it.`,
      suggestion: 'Make the channel before it is used, on every path that leads to this line.',
      roles: new Map([[bucket.key, 'waits for a nil channel']]),
    },
  ];
}
