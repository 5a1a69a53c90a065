import type { Frame } from '../model/frames.js';
import type { Bucket } from '../model/snapshot.js';
import { agree, type Claim, goroutinesOf, type Rule } from './rule.js';

const name = 'runaway-recursion';

/** A stack of so many frames is no depth that data has: trees are balanced, lists are walked in loops. */
const deep = 10_000;
/** Of its frames, this part at least is of one function; one that calls itself by others has less. */
const share = 0.1;
/** Frames that are shown: the others repeat them. */
const shown = 24;

/**
 * A goroutine runs ever deeper into calls of one function. It ends when the stack has its limit, a gigabyte as a rule,
 * and the program with it; until then it takes a processor. Data may be that deep: it is suspected at most.
 */
export const runawayRecursion: Rule = {
  name,
  apply: ({ graph, isLibrary }) =>
    graph.buckets.flatMap((bucket) => {
      const { frames, status } = bucket.signature;
      if (status !== 'running' && status !== 'runnable') return [];
      const own = frames.length < deep ? undefined : mostFrequent(frames, isLibrary);
      return own === undefined || own.count < frames.length * share ? [] : [claimOf(bucket, own)];
    }),
};

interface Frequent {
  readonly frame: Frame;
  readonly count: number;
}

/** The function of the program that most frames are of. */
function mostFrequent(frames: readonly Frame[], isLibrary: (file: string) => boolean): Frequent | undefined {
  const counts = new Map<string, { readonly frame: Frame; count: number }>();
  for (const frame of frames) {
    const known = counts.get(frame.function);
    if (known !== undefined) known.count += 1;
    else if (!isLibrary(frame.file)) counts.set(frame.function, { frame, count: 1 });
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count)[0];
}

function claimOf(bucket: Bucket, { frame, count }: Frequent): Claim {
  const { signature } = bucket;
  const { length } = signature.frames;
  const told: Bucket = { ...bucket, signature: { ...signature, frames: signature.frames.slice(0, shown) } };
  const depth = signature.partial === true ? `more than ${length}` : `${length}`;
  return {
    rule: name,
    class: 'livelock',
    subtype: 'busy-wait',
    certainty: 'suspected',
    knot: { buckets: [told], objects: [], victims: [], starved: [] },
    summary: `${goroutinesOf([bucket])} ${agree([bucket], 'is', 'are')} ${depth} calls deep, ${count} of those looked at in ${frame.function} (${frame.file}:${frame.line}).`,
    explanation:
      'It calls itself, directly or by others, and has not come back. A recursion without an end grows until the stack has its limit, which ends the program; until then it takes a processor.',
    suggestion:
      'Look for the call that leads back with nothing less to do: a cycle in the data, a method that calls itself by way of an interface, a String or Error method that formats its own value.',
    roles: new Map([[bucket.key, `calls ${frame.function} ever deeper`]]),
  };
}
