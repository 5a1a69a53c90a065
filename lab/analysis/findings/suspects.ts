import { countOf, numbered } from '../model/counts.js';
import { isStreamCode } from '../model/frames.js';
import type { Outlook } from '../model/outlook.js';
import { pipeEndOf } from '../model/pipe-ends.js';
import type { Bucket } from '../model/snapshot.js';
import { bucketsByObject, objectsOf } from '../model/wait-object.js';
import type { RuleInput } from '../rules/rule.js';
import { placeOf } from '../rules/sync-knot.js';
import { amongThemselves } from './among-themselves.js';
import { waitsForUnit } from './outlook.js';

/** An object that many wait for and nobody was seen to serve: where to look when nothing could be proved. */
export interface Suspect {
  /** Name of the object. */
  readonly resource: string;
  /** Id of the largest group that waits for it. */
  readonly group: string;
  /** One line: who waits where, and who might still come. */
  readonly text: string;
}

const maxSuspects = 5;

/**
 * Goroutines that no healthy program leaves waiting: senders, those who want a lock or wait for others to be done. Who
 * waits for work is none of them, other than for a request, nor who waits for a lock of Go's library, which holds it for moments; a pipe of the
 * library is the program's own.
 */
export function unclearWaits(input: RuleInput, outlooks: ReadonlyMap<Bucket, Outlook>): readonly Bucket[] {
  return [...outlooks]
    .filter(
      ([bucket, { kind, why }]) =>
        kind === 'unclear' &&
        (why === amongThemselves ||
          waitsForUnit(bucket, input) ||
          pipeEndOf(bucket)?.end === 'write' ||
          input.snapshot.streamWriters?.has(bucket.key) === true ||
          (mustEnd(bucket) && (waitsForGroup(bucket) || !input.isLibrary(placeOf(bucket).file)))),
    )
    .map(([bucket]) => bucket);
}

const waitsForGroup = ({ wait }: Bucket) => wait.kind === 'sync' && wait.mode === 'wait';

function mustEnd({ wait }: Bucket): boolean {
  if (wait.kind === 'sync') return true;
  return wait.kind === 'channel' && wait.cases.some(({ direction }) => direction === 'send');
}

/** The innermost frame of the program itself. */
const ownPlace = (bucket: Bucket, isLibrary: RuleInput['isLibrary']) =>
  bucket.signature.frames.find(
    ({ file, function: name }) => !/^runtime\./.test(name) && !isLibrary(file) && !isStreamCode(name),
  ) ?? placeOf(bucket);

/** The most waited-for objects of these goroutines. */
export function suspectsAmong(
  buckets: readonly Bucket[],
  outlooks: ReadonlyMap<Bucket, Outlook>,
  { nameOf, isLibrary, snapshot: { streamWriters } }: RuleInput,
): readonly Suspect[] {
  const roomOf = (key: string) => streamWriters?.get(key)?.room;
  return (
    [...bucketsByObject(buckets)]
      // Who writes to a pipe waits for a reader; the other cases of its select are how the pipe is closed.
      .filter(([{ mode }, waiting]) => mode === 'send' || waiting.some((one) => pipeEndOf(one) === undefined))
      // Who writes to a stream waits for room; the other case is the end of the stream.
      .filter(([{ address }, waiting]) => waiting.some(({ key }) => (roomOf(key) ?? address) === address))
      .map(([object, waiting]) => ({ object, waiting, count: countOf(waiting) }))
      .sort((a, b) => b.count - a.count)
      .slice(0, maxSuspects)
      .flatMap(({ object, waiting, count }) => {
        const largest = waiting.toSorted((a, b) => b.count - a.count)[0];
        if (largest === undefined) return [];
        const pipe = pipeEndOf(largest);
        const {
          function: name,
          file,
          line,
        } = pipe === undefined && roomOf(largest.key) === undefined
          ? placeOf(largest)
          : ownPlace(largest, isLibrary);
        const resource = pipe?.kind ?? nameOf(object.address);
        const others =
          pipe === undefined && objectsOf(largest).length > 1 ? ', among other cases of a select' : '';
        const why = outlooks.get(largest)?.why ?? '';
        const text = `${resource}: ${numbered(count, 'goroutine waits', 'goroutines wait')} in ${name} (${file}:${line})${others}; ${why}`;
        return [{ resource, group: largest.signature.id, text }];
      })
  );
}
