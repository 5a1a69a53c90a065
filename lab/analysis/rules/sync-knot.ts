import type { Knot } from '../graph/knots.js';
import type { Releaser } from '../graph/releaser.js';
import { callerOfSync } from '../model/frames.js';
import type { Bucket } from '../model/snapshot.js';
import { isSyncObject, objectsOf, type WaitObject } from '../model/wait-object.js';
import { isSelfWait } from './latecomers.js';
import { type Claim, listed, type Rule, type RuleInput } from './rule.js';
import { isLost } from './study-waits.js';

/** What a knot with an object of package sync in it is; each has one rule. */
export type SyncShape =
  | 'double-lock'
  | 'leaked-lock'
  | 'rwr'
  | 'lock-order'
  | 'channel-lock'
  | 'channel-waitgroup'
  | 'waitgroup'
  | 'cond'
  | 'self-wait';

const lockModes: readonly WaitObject['mode'][] = ['lock', 'drain', 'rlock'];
export const isLock = (object: WaitObject) => lockModes.includes(object.mode);

/** An object of package sync that is no part of a pool. */
export const isOfSync = (object: WaitObject, { searches }: RuleInput): boolean =>
  isSyncObject(object) && searches.get(object)?.pool === undefined;

/** `undefined` when no object of package sync is in the knot, other than those of pools. */
export function shapeOf(knot: Knot, input: RuleInput): SyncShape | undefined {
  // Many of one story are of its shape, however many objects they have together.
  const { buckets, objects } = knot.example ?? knot;
  const ofSync = objects.filter((object) => isOfSync(object, input));
  const modes = new Set(ofSync.map(({ mode }) => mode));
  if (ofSync.length === 0) return undefined;
  if (isSelfWait(knot, input)) return 'self-wait';
  if (modes.has('notify')) return 'cond';
  const channels = ofSync.length < objects.length;
  if (modes.has('wait')) return channels ? 'channel-waitgroup' : 'waitgroup';
  if (channels) return 'channel-lock';
  // Who may only come to unlock it, and waits for it as well, is no holder.
  const holders = (object: WaitObject) =>
    bucketReleasers(object, input).filter(
      (r) => r.holds || (r.mayHold && !isLeftWithLeaks(object, r, input)),
    );
  if (objects.every((object) => holders(object).length === 0)) return 'leaked-lock';
  if (buckets.length > 1 && rereaders(knot.example ?? knot, input).length > 0) return 'rwr';
  return new Set(objects.map(({ address }) => address)).size === 1 ? 'double-lock' : 'lock-order';
}

/** Those who wait to read what they read already, and a writer waits for them. */
export function rereaders({ buckets, objects }: KnotParts, input: RuleInput): readonly Bucket[] {
  const drained = objects.filter(({ mode }) => mode === 'drain');
  return buckets.filter(
    ({ key, wait }) =>
      wait.kind === 'sync' &&
      wait.mode === 'rlock' &&
      drained.some(
        (object) =>
          object.address === wait.address &&
          bucketReleasers(object, input).some((r) => r.bucket === key && (r.holds || r.mayHold)),
      ),
  );
}

type BucketReleaser = Extract<Releaser, { kind: 'bucket' }>;

/**
 * It waits for the lock, and may have it from a function that took it and returned with it; but such a function may have
 * been left with it before as well.
 */
export function isLeftWithLeaks(
  object: WaitObject,
  r: BucketReleaser,
  { graph, searches }: RuleInput,
): boolean {
  const waits = graph.buckets.some((b) => b.key === r.bucket && objectsOf(b).includes(object));
  return waits && r.how.takenBy !== undefined && (searches.get(object)?.leaks ?? []).length > 0;
}

export function bucketReleasers(object: WaitObject, { graph }: RuleInput): readonly BucketReleaser[] {
  return (graph.releasers.get(object) ?? []).flatMap((r) => (r.kind === 'bucket' ? [r] : []));
}

/**
 * A rule for the knots of one shape: `strong` where nobody can wake them by the sources, `proved` where memory alone says
 * so, else `suspected`.
 */
export function ruleFor(
  name: string,
  shape: SyncShape,
  tell: (
    knot: Knot,
    input: RuleInput,
    certainty: Claim['certainty'],
  ) => Omit<Claim, 'rule' | 'certainty' | 'knot'>,
  /** Whether what was found bears the story out. */
  isShown: (knot: Knot, input: RuleInput) => boolean = () => true,
): Rule {
  return {
    name,
    apply(input) {
      const claims = (knots: readonly Knot[], certainty: Claim['certainty']) =>
        knots
          .filter((knot) => shapeOf(knot, input) === shape)
          .map(
            (knot): Claim => ({
              ...{ rule: name, knot, ...tell(knot, input, certainty) },
              certainty:
                hasCertainHolders(knot, shape, input) && isShown(knot, input) ? certainty : 'suspected',
            }),
          );
      return [
        ...claims(input.knots, 'strong'),
        // That they are lost is proved; without its story it is told by `unreachable-object`.
        ...claims(input.lostKnots, 'proved').filter(({ certainty }) => certainty === 'proved'),
        ...claims(input.suspectedKnots, 'suspected'),
      ];
    },
  };
}

/**
 * A story about who holds a lock rests on somebody who was seen to hold it; that it was left behind, on nobody who might.
 * Where memory leaves nobody else, one who may hold it does.
 */
function hasCertainHolders(knot: Knot, shape: SyncShape, input: RuleInput): boolean {
  const { objects } = knot.example ?? knot;
  const lost = isLost(knot, input.graph);
  return objects.filter(isLock).every((object) => {
    const releasers = bucketReleasers(object, input);
    if (shape === 'leaked-lock')
      return !releasers.some((r) => r.holds || (r.mayHold && !isLeftWithLeaks(object, r, input)));
    return releasers.some((r) => r.holds) || (lost && hasOneHolder(object, input));
  });
}

/** Nothing alive reaches the lock, no function leaves with it, and one goroutine alone stands where it may have it. */
function hasOneHolder(object: WaitObject, input: RuleInput): boolean {
  const search = input.searches.get(object);
  const may = bucketReleasers(object, input).filter((r) => r.mayHold);
  const keys = new Set(may.map(({ bucket }) => bucket));
  const [only] = input.graph.buckets.filter(({ key }) => keys.has(key));
  return search?.leaks?.length === 0 && keys.size === 1 && only?.count === 1;
}

/** What a rule looks at, of a knot or of the one that stands for many. */
type KnotParts = Pick<Knot, 'buckets' | 'objects'>;

/** Each goroutine's part: what it has, and what it waits for. */
export function partsOf(
  knot: KnotParts,
  input: RuleInput,
): { bucket: Bucket; has: string[]; wants: string[] }[] {
  return knot.buckets.map((bucket) => ({
    bucket,
    has: [
      ...new Set(
        knot.objects
          .filter(
            (object) =>
              isLock(object) &&
              bucketReleasers(object, input).some(
                (r) => r.bucket === bucket.key && (r.certain || r.holds || r.mayHold),
              ),
          )
          .map((object) => input.nameOf(object.address)),
      ),
    ],
    wants: objectsOf(bucket)
      .filter((object) => knot.objects.includes(object))
      .map((object) => input.nameOf(object.address)),
  }));
}

/** Where a goroutine took a lock of the knot: `/a/b.go:12`. */
export function takenAt(knot: KnotParts, bucket: Bucket, input: RuleInput): string {
  const found = knot.objects
    .filter(isLock)
    .flatMap((object) => bucketReleasers(object, input))
    .find((releaser) => releaser.bucket === bucket.key && releaser.how.expression !== '');
  return found === undefined ? 'an unknown place' : `${found.how.file}:${found.how.line}`;
}

/** Each object once; two of one name are named twice, as in a ring, and more are counted. */
export function namesOf(objects: readonly WaitObject[], input: RuleInput): string {
  const names = [...new Set(objects.map(({ address }) => address))].map((address) => input.nameOf(address));
  return names.length > 2 ? listed(names) : names.join(' and ');
}

export const placeOf = (bucket: Bucket) => {
  const frame = callerOfSync(bucket.signature.frames);
  const { function: name, file, line } = frame ?? bucket.signature.userLocation;
  return { function: name, file, line };
};
