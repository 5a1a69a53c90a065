import { agree, behind, goroutinesOf } from './rule.js';
import { namesOf, placeOf, ruleFor, takenAt } from './sync-knot.js';

/** A goroutine waits for a lock that it holds itself. */
export const doubleLock = ruleFor('double-lock', 'double-lock', (knot, input) => {
  // Of many that do the same, each with a lock of its own, one is told.
  const told = knot.example ?? knot;
  const name = namesOf(told.objects, input);
  const [bucket] = told.buckets;
  const at = bucket === undefined ? undefined : placeOf(bucket);
  const taken = bucket === undefined ? '' : takenAt(told, bucket, input);
  const upgrades = told.objects.every(({ mode }) => mode === 'drain');
  return {
    class: 'resource',
    subtype: 'double-lock',
    summary: `${goroutinesOf(knot.buckets)} ${agree(knot.buckets, `waits for ${name}, which it holds itself`, `wait for a lock each that they hold themselves, the first for ${name}`)}${behind(knot.victims)}.`,
    explanation: upgrades
      ? `It read-locked ${name} at ${taken} and locks it for writing at ${at?.file}:${at?.line} in ${at?.function}. A writer waits until every reader has unlocked, and this goroutine is one of them: a read lock cannot be turned into a write lock.`
      : `It locked ${name} at ${taken} and locks it again at ${at?.file}:${at?.line} in ${at?.function}. Go's locks are not reentrant: only the goroutine that waits could unlock it.`,
    suggestion: upgrades
      ? 'Give the read lock back before taking the write lock, and look again at what was read: it may have changed in between.'
      : 'Split the inner function in two: one that locks, and one that expects the lock to be held and is called by those who hold it.',
    roles: new Map(knot.buckets.map((c) => [c.key, `holds ${name} and waits for it`])),
  };
});
