import { countOf } from '../model/counts.js';
import type { WaitObject } from '../model/wait-object.js';
import { agree, behind, goroutinesOf, type RuleInput } from './rule.js';
import { bucketReleasers, namesOf, partsOf, placeOf, ruleFor, takenAt } from './sync-knot.js';

/** Goroutines whose parts in a ring are told; the others do the same, or go on like that. */
const maxSteps = 8;

/** Each goroutine of a ring holds a lock that another one of it waits for. */
export const lockOrder = ruleFor('lock-order', 'lock-order', (knot, input) => {
  // Of many rings that the same code made, one is told.
  const told = knot.example ?? knot;
  const names = namesOf(told.objects, input);
  const rings = knot.example === undefined ? '' : `, in rings of ${countOf(told.buckets)}`;
  const parts = partsOf(told, input);
  const steps = parts.map(({ bucket, has, wants }) => {
    const at = placeOf(bucket);
    const holds =
      has.length === 0
        ? ''
        : `${agree([bucket], 'holds', 'hold')} ${has.join(' and ')} (taken at ${takenAt(told, bucket, input)}) and `;
    return `${goroutinesOf([bucket])} ${holds}${agree([bucket], 'waits', 'wait')} for ${wants.join(' and ')} at ${at.file}:${at.line}`;
  });
  const what = parts.every(({ has }) => has.length > 0)
    ? 'each hold a lock that another of them waits for'
    : 'wait for locks that only some of them can give back';
  return {
    class: 'resource',
    subtype: 'ab-ba',
    summary: `${goroutinesOf(knot.buckets)} ${what}${rings}: ${names}${behind(knot.victims)}.`,
    explanation: `${steps.slice(0, maxSteps).join('; ')}${steps.length > maxSteps ? '; and so on' : ''}.${givenBackText(told.objects, input)}`,
    suggestion:
      'Take locks in one order everywhere, for example by an id of their objects; or guard what belongs together by one lock.',
    roles: new Map(
      partsOf(knot, input).map(({ bucket, has, wants }) => [
        bucket.key,
        `${has.length === 0 ? '' : `holds ${has.join(' and ')}, `}waits for ${wants.join(' and ')}`,
      ]),
    ),
  };
});

/** Of locks that nobody was seen to hold: where those who can come to it would give them back. */
function givenBackText(objects: readonly WaitObject[], input: RuleInput): string {
  const unheld = objects.filter((object) =>
    bucketReleasers(object, input).every((r) => !r.certain && !r.holds && !r.mayHold),
  );
  const places = unheld.flatMap((object) =>
    bucketReleasers(object, input).map(({ how }) => `${how.file}:${how.line}`),
  );
  if (places.length === 0) return '';
  return ` ${namesOf(unheld, input)} is given back only at ${[...new Set(places)].join(', ')}, where none but these goroutines can come.`;
}
