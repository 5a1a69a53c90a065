import type { Knot } from '../graph/knots.js';
import { countOf } from '../model/counts.js';
import { pipeEndOfAll } from '../model/pipe-ends.js';
import { channelRule, verbFor } from './channel-shape.js';
import { behind, goroutinesOf, type RuleInput } from './rule.js';
import { isLost } from './study-waits.js';
import { placeOf } from './sync-knot.js';

/**
 * Goroutines wait in a pipe of memory whose other end nobody uses any more, and nobody has closed: a closed end lets
 * every read and write at the other one return.
 */
export const abandonedPipe = channelRule(
  'abandoned-pipe',
  'pipe',
  (knot, input) => {
    const pipe = pipeEndOfAll(knot.buckets);
    if (pipe === undefined) return undefined;
    const [own, other] =
      pipe.end === 'write' ? (['write to', 'reading'] as const) : (['read from', 'writing'] as const);
    const user = pipe.end === 'write' ? 'reader' : 'writer';
    const places = [...new Set(knot.buckets.map((bucket) => placeText(bucket, input)))]
      .slice(0, mostPlaces)
      .join(' and ');
    if (pipe.end === 'write' && waitForEachOther(knot, input)) {
      const isPair = countOf(knot.buckets) === 2;
      return {
        summary: `${goroutinesOf(knot.buckets)} wait in ${places} to write to ${pipe.kind}s, and ${isPair ? 'each has the end that the other waits for' : 'each other end is had by one of them'}${behind(knot.victims)}.`,
        explanation: `A write to such a pipe waits until the other end reads or is closed. Whoever has the other end at hand waits to write as well, and would read only after that.`,
        suggestion: 'Let one side read before it writes, or let each side read in a goroutine of its own.',
        roles: new Map(
          knot.buckets.map(({ key }) => [key, 'has the end that another one waits for, and writes first']),
        ),
      };
    }
    const blocked = pipe.end === 'read' ? blockedAt(knot, input) : undefined;
    if (blocked !== undefined)
      return {
        summary: `${goroutinesOf(knot.buckets)} ${verbFor(knot, 'waits', 'wait')} in ${places} to read from ${theirs(knot, pipe.kind)}, and ${blocked} which has the pipe at hand, is blocked itself${behind(knot.victims)}.`,
        explanation:
          'A read of such a pipe waits until the other end is used or closed. Nothing alive reaches the pipe any more, so neither can happen.',
        suggestion:
          'Look at what else is blocked first: whoever has the other end at hand would write to it or close it.',
        roles: new Map(
          knot.buckets.map(({ key }) => [key, 'waits for a writer, and who has the pipe is blocked too']),
        ),
      };
    return {
      summary: `${goroutinesOf(knot.buckets)} ${verbFor(knot, 'waits', 'wait')} in ${places} to ${own} ${theirs(knot, pipe.kind)}, whose ${user} has left without closing its end${behind(knot.victims)}.`,
      explanation: `A ${pipe.end} of such a pipe waits until the other end is used or closed. ${isLost(knot, input.graph) ? 'Nothing alive reaches the pipe any more' : 'No goroutine is left that comes to the other end'}, so neither can happen.`,
      suggestion: `Close the ${other} end on every way out of the function that has it, an error among them: ${closing[pipe.end]}.`,
      roles: new Map(
        knot.buckets.map((bucket) => [bucket.key, `waits for the ${user} of its pipe, which has left`]),
      ),
    };
  },
  { unreached: true },
);

/** Of each of the pipes somebody has the other end at hand who is one of them. */
function waitForEachOther({ buckets }: Knot, { snapshot: { pipePeers } }: RuleInput): boolean {
  const keys = new Set(buckets.map(({ key }) => key));
  const sent = buckets.flatMap(({ wait }) =>
    wait.kind === 'channel' ? wait.cases.filter(({ direction }) => direction === 'send') : [],
  );
  return sent.every(({ channel }) => pipePeers?.get(channel)?.near.some(({ bucket }) => keys.has(bucket)));
}

/** Somebody blocked who has each of the pipes that are read from. */
function blockedAt({ buckets }: Knot, { snapshot: { pipePeers } }: RuleInput): string | undefined {
  const near = buckets.map(({ wait }) =>
    wait.kind !== 'channel'
      ? undefined
      : wait.cases.flatMap(({ channel }) => pipePeers?.get(channel)?.near ?? [])[0],
  );
  const [first] = near;
  if (first === undefined || near.includes(undefined)) return undefined;
  return `goroutine ${first.goroutine}, in ${first.frame.function} (${first.frame.file}:${first.frame.line}),`;
}

const mostPlaces = 3;

const closing = {
  write: '`defer reader.Close()`, or `CloseWithError` with what went wrong',
  read: '`defer writer.Close()`, or `CloseWithError` with what went wrong',
} as const;

const theirs = ({ buckets }: Knot, kind: string): string =>
  buckets.reduce((sum, { count }) => sum + count, 0) === 1
    ? `an ${kind}`.replace('an net', 'a net')
    : `${kind}s`;

function placeText(bucket: Knot['buckets'][number], input: RuleInput): string {
  const own = bucket.signature.frames.find(
    ({ file, function: name }) => !/^runtime\./.test(name) && !input.isLibrary(file),
  );
  const { function: name, file, line } = own ?? placeOf(bucket);
  return `${name} (${file}:${line})`;
}
