import { countOf } from '../model/counts.js';
import { agree, behind, goroutinesOf } from './rule.js';
import { namesOf, partsOf, placeOf, ruleFor, takenAt } from './sync-knot.js';

/** Each goroutine of a ring holds a lock that another one of it waits for. */
export const lockOrder = ruleFor('lock-order', 'lock-order', (knot, input) => {
  // Of many rings that the same code made, one is told.
  const told = knot.example ?? knot;
  const names = namesOf(told.objects, input);
  const rings = knot.example === undefined ? '' : `, in rings of ${countOf(told.cells)}`;
  const steps = partsOf(told, input).map(({ cell, has, wants }) => {
    const at = placeOf(cell);
    return `${goroutinesOf([cell])} ${agree([cell], 'holds', 'hold')} ${has.join(' and ')} (taken at ${takenAt(told, cell, input)}) and ${agree([cell], 'waits', 'wait')} for ${wants.join(' and ')} at ${at.file}:${at.line}`;
  });
  return {
    class: 'resource',
    subtype: 'ab-ba',
    summary: `${goroutinesOf(knot.cells)} each hold a lock that another of them waits for${rings}: ${names}${behind(knot.victims)}.`,
    explanation: `${steps.join('; ')}.`,
    suggestion:
      'Take locks in one order everywhere, for example by an id of their objects; or guard what belongs together by one lock.',
    roles: new Map(
      partsOf(knot, input).map(({ cell, has, wants }) => [
        cell.key,
        `holds ${has.join(' and ')}, waits for ${wants.join(' and ')}`,
      ]),
    ),
  };
});
