import type { Releaser } from '../graph/releaser.js';
import type { ToldReleaser } from '../model/diagnosis.js';
import type { Bucket } from '../model/snapshot.js';
import { isSyncObject, objectsOf, type WaitObject } from '../model/wait-object.js';
import type { RuleInput } from '../rules/rule.js';

type BucketReleaser = Extract<Releaser, { kind: 'bucket' }>;

/** Neither is stuck, nor has to pass somebody who is. */
export const mayCome = (releaser: Releaser, stuck: ReadonlySet<string>) =>
  releaser.behind?.some((key) => stuck.has(key)) !== true &&
  !(releaser.kind === 'bucket' && stuck.has(releaser.bucket));

const verbs = {
  ...{
    send: 'sends',
    receive: 'receives',
    close: 'closes it',
    unlock: 'unlocks it',
    runlock: 'gives it back',
  },
  ...{ done: 'calls Done', signal: 'signals', 'give-back': 'gives back what it holds' },
} as const;

export const servedText = ({ how }: BucketReleaser) =>
  `goroutine ${how.goroutine} ${verbs[how.operation]} at ${how.file}:${how.line}`;

const maxTold = 20;

/** Who could end the waits of a bucket, and why each of them counts or does not. */
export function toldReleasers(
  bucket: Bucket,
  { graph, searches, nameOf }: RuleInput,
  stuck: ReadonlySet<string>,
): readonly ToldReleaser[] {
  const told = new Map<string, ToldReleaser>();
  for (const object of objectsOf(bucket)) {
    const counted = new Set(graph.releasers.get(object));
    const all = searches.get(object)?.releasers ?? [];
    for (const releaser of new Set([...counted, ...all])) {
      if (told.size === maxTold) return [...told.values()];
      const one = counted.has(releaser) ? tell(releaser, object) : ruledOut(releaser, object);
      told.set(`${one.who} ${one.why}`, one);
    }
  }
  return [...told.values()];
  /** The sources alone would let it come. */
  function ruledOut(releaser: Releaser, object: WaitObject): ToldReleaser {
    const { who, why } = tell(releaser, object);
    return { who, counts: 'ruled-out', why: `${why}, but nothing alive can reach ${nameOf(object.address)}` };
  }
  function tell(releaser: Releaser, object: WaitObject): ToldReleaser {
    const name = nameOf(object.address);
    const kind = isSyncObject(object) ? 'object' : 'channel';
    const blocker = releaser.behind?.find((key) => stuck.has(key));
    const behind = blocker === undefined ? undefined : graph.buckets.find(({ key }) => key === blocker);
    if (releaser.kind === 'open') {
      const who = 'code that is on no stack';
      const leading = releaser.leads && graph.buckets.find(({ key }) => releaser.behind?.includes(key));
      if (leading)
        return {
          who: `G${leading.ids[0]}`,
          counts: behind === undefined ? 'may' : 'ruled-out',
          why: `it can get at ${name}, and no source tells what it does with it${behind === undefined ? '' : ', but it is stuck itself'}`,
        };
      if (behind !== undefined)
        return {
          who,
          counts: 'ruled-out',
          why: `${releaser.why}, but it has to pass goroutine ${behind.ids[0]} first`,
        };
      return { who, counts: 'may', why: releaser.why };
    }
    const { how } = releaser;
    const who = `G${how.goroutine}`;
    const what =
      how.leads === true
        ? `can get at it; that it ${verbs[how.operation]}, at ${how.file}:${how.line}, was neither seen nor ruled out (${name})`
        : `${verbs[how.operation]} at ${how.file}:${how.line} (${name})`;
    if (stuck.has(releaser.bucket))
      return { who, counts: 'ruled-out', why: `it ${what}, but is stuck itself` };
    if (behind !== undefined)
      return {
        who,
        counts: 'ruled-out',
        why: `it ${what}, but has to pass goroutine ${behind.ids[0]} first`,
      };
    return releaser.certain
      ? { who, counts: 'certain', why: `it ${what}: in its frame it is this very ${kind}` }
      : { who, counts: 'may', why: `it ${what}: it may be this ${kind}` };
  }
}
