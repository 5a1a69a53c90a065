import { peersOf } from '../graph/releaser.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';
import { channelRule } from './channel-shape.js';
import { departedReceivers, withReceivers } from './departed-receivers.js';
import { agree, behind, goroutinesOf, type Rule, type RuleInput } from './rule.js';
import { isOfSync, namesOf, partsOf, placeOf, ruleFor } from './sync-knot.js';

/** Goroutines whose parts are told; the others do the same. */
const maxSteps = 8;

const suggestion =
  'Do not send or receive under a lock: copy what is needed, unlock, and use the channel then; or send with a select that can give up.';

const byKnot = ruleFor('channel-lock', 'channel-lock', (knot, input) => {
  const locks = knot.objects.filter((object) => isOfSync(object, input));
  const channels = knot.objects.filter((object) => !isOfSync(object, input));
  const parts = partsOf(knot, input);
  const steps = parts.map(({ bucket, has, wants }) => {
    const at = placeOf(bucket);
    const holding =
      has.length === 0 ? '' : ` while ${agree([bucket], 'it holds', 'they hold')} ${has.join(' and ')}`;
    return `${goroutinesOf([bucket])} ${agree([bucket], 'waits', 'wait')} for ${wants.join(' or ')} at ${at.file}:${at.line}${holding}`;
  });
  const holders = parts.filter(({ has }) => has.length > 0).map(({ bucket }) => bucket);
  const others = knot.buckets.filter((bucket) => !holders.includes(bucket));
  const theirs = new Set(holders.flatMap(objectsOf));
  const awaited = channels.filter((object) => theirs.has(object));
  const locked = others.filter((bucket) => objectsOf(bucket).some((object) => locks.includes(object)));
  const serving = locked.filter(({ key }) => servers(awaited, input).has(key));
  const peers = [serving, locked, others].find(({ length }) => length > 0) ?? [];
  const serves = serving.length > 0 || peers.length === others.length;
  return {
    class: 'mixed',
    subtype: 'channel-lock',
    summary: `${goroutinesOf(holders)} ${agree(holders, 'waits', 'wait')} on ${namesOf(awaited.length > 0 ? awaited : channels, input)} while holding ${namesOf(locks, input)}, which ${goroutinesOf(peers).toLowerCase()} ${agree(peers, 'needs before it', serving.length > 0 ? 'need before one of them' : 'need before they')} can ${serves ? 'serve the channel' : 'go on'}${behind(knot.victims)}.`,
    explanation: `${steps.slice(0, maxSteps).join('; ')}${steps.length > maxSteps ? '; and so on' : ''}.`,
    suggestion,
    roles: new Map(
      parts.map(({ bucket, has, wants }) => [
        bucket.key,
        has.length === 0
          ? `waits for ${wants.join(' or ')}`
          : `holds ${has.join(' and ')}, waits for ${wants.join(' or ')}`,
      ]),
    ),
  };
});

/** Who would serve the channels, by what was seen: others merely want the lock as well. */
function servers(channels: readonly WaitObject[], { graph }: RuleInput): ReadonlySet<string> {
  const peers = channels.flatMap((object) => peersOf(object, graph.releasers.get(object) ?? []));
  return new Set(peers.filter(({ how }) => how.leads !== true).map(({ bucket }) => bucket));
}

/** The receiver is past its last receive, on its way out, and needs the lock that the sender keeps until it comes. */
const byDeparture = channelRule('channel-lock', 'departed-receiver', (alone, input) => {
  const departed = departedReceivers(alone, input);
  const knot = withReceivers(alone, departed);
  const receivers = departed.map(({ bucket }) => bucket);
  const locks = namesOf(
    departed.map(({ lock }) => lock),
    input,
  );
  const at = departed.map(({ bucket }) => placeOf(bucket)).slice(0, 1);
  return {
    ...{ class: 'mixed', subtype: 'channel-lock', knot, suggestion },
    summary: `${goroutinesOf(alone.buckets)} ${agree(alone.buckets, 'waits', 'wait')} to send to ${namesOf(alone.objects, input)} while holding ${locks}, for which ${goroutinesOf(receivers).toLowerCase()} ${agree(receivers, 'waits, and receives', 'wait, and receive')} no more${behind(knot.victims)}.`,
    explanation: `${goroutinesOf(receivers)} ${agree(receivers, 'has', 'have')} left the line that received from it, and ${agree(receivers, 'stands', 'stand')} at ${at.map(({ file, line }) => `${file}:${line}`).join()} on the way out.`,
    roles: new Map([
      ...alone.buckets.map(({ key }) => [key, `holds ${locks}, sends to who receives no more`] as const),
      ...receivers.map(({ key }) => [key, `receives no more, waits for ${locks}`] as const),
    ]),
  };
});

/** A goroutine waits on a channel while it holds the lock that its peer needs first. */
export const channelLock: Rule = {
  name: byKnot.name,
  apply: (input) => [...byKnot.apply(input), ...byDeparture.apply(input)],
};
