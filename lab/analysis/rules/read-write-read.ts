import { agree, behind, goroutinesOf } from './rule.js';
import { namesOf, placeOf, rereaders, ruleFor, takenAt } from './sync-knot.js';

/** A reader asks for its read lock again while a writer is pending: the writer waits for it, and it for the writer. */
export const readWriteRead = ruleFor('read-write-read', 'rwr', (knot, input) => {
  const name = namesOf(knot.objects, input);
  const writers = knot.buckets.filter(
    (bucket) => bucket.wait.kind === 'sync' && bucket.wait.mode === 'drain',
  );
  const readers = rereaders(knot, input);
  const [reader] = readers;
  const [writer] = writers;
  const again = reader === undefined ? undefined : placeOf(reader);
  const writes = writer === undefined ? undefined : placeOf(writer);
  const first = reader === undefined ? '' : takenAt(knot, reader, input);
  return {
    class: 'resource',
    subtype: 'rwr',
    summary: `${goroutinesOf(readers)} ${agree(readers, 'holds', 'hold')} the read lock of ${name} and ${agree(readers, 'blocks', 'block')} re-acquiring it: ${goroutinesOf(writers).toLowerCase()} (${agree(writers, 'writer', 'writers')}) ${agree(writers, 'is', 'are')} queued first${behind(knot.victims)}.`,
    explanation: `It was read-locked at ${first} and is re-acquired at ${again?.file}:${again?.line}; in between the writer called Lock, at ${writes?.file}:${writes?.line}. A pending writer keeps new readers out, even those that hold the read lock already.`,
    suggestion:
      'Never take a read lock while holding it: split the inner function into one that locks and one that expects the lock to be held.',
    roles: new Map([
      ...readers.map((bucket) => [bucket.key, `reads ${name} and waits to read it again`] as const),
      ...writers.map((bucket) => [bucket.key, `waits to write ${name}`] as const),
    ]),
  };
});
