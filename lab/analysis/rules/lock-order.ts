import { countOf } from '../model/counts.js';
import { agree, behind, goroutinesOf } from './rule.js';
import { namesOf, partsOf, placeOf, ruleFor, takenAt } from './sync-knot.js';

/** Each goroutine of a ring holds a lock that another one of it waits for. */
export const lockOrder = ruleFor('lock-order', 'lock-order', (knot, input) => {
  // Of many rings that the same code made, one is told.
  const told = knot.example ?? knot;
  const names = namesOf(told.objects, input);
  const rings = knot.example === undefined ? '' : `, in rings of ${countOf(told.buckets)}`;
  const steps = partsOf(told, input).map(({ bucket, has, wants }) => {
    const at = placeOf(bucket);
    return `${goroutinesOf([bucket])} ${agree([bucket], 'holds', 'hold')} ${has.join(' and ')} (taken at ${takenAt(told, bucket, input)}) and ${agree([bucket], 'waits', 'wait')} for ${wants.join(' and ')} at ${at.file}:${at.line}`;
  });
  return {
    class: 'resource',
    subtype: 'ab-ba',
    summary: `${goroutinesOf(knot.buckets)} each hold a lock that another of them waits for${rings}: ${names}${behind(knot.victims)}.`,
    explanation: `${steps.join('; ')}.`,
    suggestion:
      'Take locks in one order everywhere, for example by an id of their objects; or guard what belongs together by one lock.',
    roles: new Map(
      partsOf(knot, input).map(({ bucket, has, wants }) => [
        bucket.key,
        `holds ${has.join(' and ')}, waits for ${wants.join(' and ')}`,
      ]),
    ),
  };
});
