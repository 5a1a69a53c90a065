import type { Knot } from '../graph/knots.js';
import type { ReleaseEvidence } from '../graph/releaser.js';
import { countOf } from '../model/counts.js';
import { isSyncObject } from '../model/wait-object.js';
import { channelRule } from './channel-shape.js';
import { latecomers } from './latecomers.js';
import { agree, behind, type Claim, goroutinesOf, type Rule, type RuleInput } from './rule.js';
import { shutdownClaims } from './shutdown-from-inside.js';
import { namesOf, ruleFor } from './sync-knot.js';

/** Goroutines wait for what somebody does who waits for them first: who asks for the end from the inside, above all. */
export const selfWait: Rule = {
  name: 'self-wait',
  apply: (input) => [
    ...channelRule('self-wait', 'self-wait', told).apply(input),
    ...ruleFor('self-wait', 'self-wait', told).apply(input),
    ...shutdownClaims(input),
  ],
};

type Told = Pick<Claim, 'class' | 'subtype' | 'summary' | 'explanation' | 'suggestion' | 'roles'>;

function told(knot: Knot, input: RuleInput): Told {
  const { buckets } = knot;
  const name = namesOf(knot.objects, input);
  const [late] = latecomers(knot, input);
  const many = countOf(buckets) > 1;
  const who = late === undefined ? 'another goroutine' : `goroutine ${late.how.goroutine}`;
  const isCond = knot.objects.every(isSyncObject);
  return {
    class: isCond ? 'communication' : 'mixed',
    subtype: isCond ? 'condvar' : 'channel-waitgroup',
    summary: `${goroutinesOf(buckets)} ${agree(buckets, 'waits', 'wait')} for ${name}, which ${who} ${late === undefined ? 'ends' : does[late.how.operation]} only after it has waited for ${many ? 'them' : 'that goroutine'}${behind(knot.victims)}.`,
    explanation:
      late === undefined
        ? ''
        : `${upperFirst(who)} would do so at ${late.how.file}:${late.how.line}. Before, it waits at ${late.group.file}:${late.group.line} for a wait group (${late.group.expr}), and the Done of ${many ? 'these goroutines is' : 'this goroutine is'} deferred: it comes when ${many ? 'they return' : 'it returns'}.`,
    suggestion:
      'Ask for the end in a goroutine of its own and return; or leave whoever asks out of those who are waited for.',
    roles: new Map(buckets.map(({ key }) => [key, `waits for ${name}, and is waited for by ${who}`])),
  };
}

const does: Readonly<Record<ReleaseEvidence['operation'], string>> = {
  send: 'sends to',
  receive: 'receives from',
  close: 'closes',
  unlock: 'unlocks',
  runlock: 'unlocks',
  done: 'is done with',
  signal: 'signals',
  'give-back': 'gives back to',
};

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
