import { agree, behind, goroutinesOf } from './rule.js';
import { isOfSync, namesOf, partsOf, placeOf, ruleFor } from './sync-knot.js';

/** Goroutines whose parts are told; the others do the same. */
const maxSteps = 8;

/** A goroutine waits on a channel while it holds the lock that its peer needs first. */
export const channelLock = ruleFor('channel-lock', 'channel-lock', (knot, input) => {
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
  const peers = knot.buckets.filter((bucket) => !holders.includes(bucket));
  return {
    class: 'mixed',
    subtype: 'channel-lock',
    summary: `${goroutinesOf(holders)} ${agree(holders, 'waits', 'wait')} on ${namesOf(channels, input)} while holding ${namesOf(locks, input)}, which ${goroutinesOf(peers).toLowerCase()} ${agree(peers, 'needs before it', 'need before they')} can serve the channel${behind(knot.victims)}.`,
    explanation: `${steps.slice(0, maxSteps).join('; ')}${steps.length > maxSteps ? '; and so on' : ''}.`,
    suggestion:
      'Do not send or receive under a lock: copy what is needed, unlock, and use the channel then; or send with a select that can give up.',
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
