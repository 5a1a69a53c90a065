import { packageOf } from '../../source/library-paths.js';
import type { Releaser } from '../graph/releaser.js';
import type { ToldReleaser } from '../model/diagnosis.js';
import { callerOfSync, isStreamCode } from '../model/frames.js';
import type { Outlook } from '../model/outlook.js';
import type { Bucket } from '../model/snapshot.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';
import { takesAgain } from '../releasers/locks.js';
import { testOf } from '../rules/busy-wait.js';
import type { RuleInput } from '../rules/rule.js';
import type { Study } from '../rules/study-waits.js';
import { amongThemselves, forRequests, waitsAmongThemselves } from './among-themselves.js';
import { nobodyAtOtherEnd, otherEndOf } from './pipe-outlook.js';
import { poolText } from './pool-evidence.js';
import { mayCome, servedText, toldReleasers } from './told-releasers.js';

/** Packages whose goroutines wait for the other end of a connection, which the poller tells better than their code. */
const network =
  /^(?:net|net\/http|crypto\/tls|net\/http\/internal\/http2|vendor\/.*|golang\.org\/x\/net\/http2)$/;

type BucketReleaser = Extract<Releaser, { kind: 'bucket' }>;

export interface Outlooks {
  readonly of: ReadonlyMap<Bucket, Outlook>;
  /** Who could end the waits of a bucket, and why each of them counts or does not. */
  releasersOf(bucket: Bucket): readonly ToldReleaser[];
}

/** The outlook of every goroutine; `claimed` are those that findings tell of. */
export function outlooksOf({ input, deadlocked: stuck }: Study, claimed: ReadonlySet<Bucket>): Outlooks {
  return {
    of: lookInto(input, claimed, stuck),
    releasersOf: (bucket) => toldReleasers(bucket, input, stuck),
  };
}

function lookInto(
  input: RuleInput,
  claimed: ReadonlySet<Bucket>,
  stuck: ReadonlySet<string>,
): ReadonlyMap<Bucket, Outlook> {
  const { graph } = input;
  const buckets = new Map(graph.buckets.map((bucket) => [bucket.key, bucket]));
  const known = new Map<Bucket, Outlook>();
  const open: Bucket[] = [];
  for (const bucket of graph.buckets) {
    const outlook = atFirstSight(bucket, input, claimed, stuck);
    if (outlook === undefined) open.push(bucket);
    else known.set(bucket, outlook);
  }
  const servedBy = (bucket: Bucket) => objectsOf(bucket).flatMap((object) => servers(object, input, stuck));
  const isOwed = owedAmong(input, stuck);
  settle(open, known, (bucket) => {
    if (needsAll(bucket)) return undefined;
    const server = servedBy(bucket).find(
      (r) => (r.certain || r.how.mayBeNext === true) && goesOn(known.get(find(buckets, r.bucket))),
    );
    return server === undefined ? undefined : { kind: 'ends', why: servedText(server) };
  });
  // Who comes to the other end of a pipe is told by the memory of stacks better than by the sources.
  settle(open, known, (bucket) => otherEndOf(bucket, input, (key) => goesOn(known.get(find(buckets, key)))));
  // Somebody has a lock that is waited for, and nobody left with it: where all who may have it go on, it comes free.
  settle(open, known, (bucket) => {
    if (bucket.wait.kind !== 'sync' || bucket.wait.mode === 'wait' || bucket.wait.mode === 'notify')
      return undefined;
    const objects = objectsOf(bucket);
    if (objects.some((object) => (input.searches.get(object)?.leaks ?? []).length > 0)) return undefined;
    const all = objects.flatMap((object) => graph.releasers.get(object) ?? []);
    if (all.length > 0 && all.every((r) => r.kind === 'open' && r.why === takesAgain))
      return { kind: 'ends', why: takesAgain };
    if (all.some(({ kind }) => kind === 'open')) return undefined;
    const holders = all.flatMap((r) => (r.kind === 'bucket' && (r.mayHold || r.holds) ? [r] : []));
    const [first] = holders;
    if (first === undefined || holders.some((r) => !goesOn(known.get(find(buckets, r.bucket)))))
      return undefined;
    return { kind: 'ends', why: `all who may have it go on, ${servedText(first)}` };
  });
  const wanted = wantedBy(open, known, (bucket) => servedBy(bucket).filter((r) => r.certain));
  settle(open, known, (bucket) => {
    if (wanted.has(bucket.key) || !waitsForWork(bucket) || waitsForUnit(bucket, input)) return undefined;
    if (isOwed(bucket)) return undefined;
    const [first] = objectsOf(bucket).flatMap((object) => bringers(object, input, stuck));
    return first === undefined ? undefined : { kind: 'idle', why: first };
  });
  // A group ends when its workers do: theirs is its outlook, as long as each of them was seen.
  settle(open, known, (bucket) => {
    if (!needsAll(bucket)) return undefined;
    const all = objectsOf(bucket).flatMap((object) => graph.releasers.get(object) ?? []);
    const seen = servedBy(bucket).filter((r) => r.certain);
    // Without one that was seen, nobody else may be left to come.
    const workers = seen.length > 0 || all.some(({ kind }) => kind === 'open') ? seen : servedBy(bucket);
    const theirs = workers.map((r) => known.get(find(buckets, r.bucket))?.kind);
    if (
      workers.length === 0 ||
      theirs.some((kind) => kind !== 'ends' && kind !== 'idle' && kind !== 'spinning')
    )
      return undefined;
    const why = workers.length === 1 ? 'its worker goes on' : 'its workers go on';
    return { kind: theirs.includes('idle') ? 'idle' : 'ends', why };
  });
  for (const bucket of open) {
    if (known.has(bucket)) continue;
    const why = isOwed(bucket) ? amongThemselves : unclearText(bucket, input, stuck);
    known.set(bucket, { kind: 'unclear', why });
  }
  return known;
}

function owedAmong(input: RuleInput, stuck: ReadonlySet<string>): (bucket: Bucket) => boolean {
  const working = forRequests(input);
  return (bucket) =>
    working.has(bucket.key) &&
    waitsForWork(bucket) &&
    waitsAmongThemselves(bucket, input, (object) => servers(object, input, stuck));
}

/** A loop that one look shows may end in the next moment: only a finding says that others wait behind it in vain. */
const goesOn = (outlook: Outlook | undefined): boolean =>
  outlook?.kind === 'ends' || outlook?.kind === 'spinning';

/** Goes on until nothing more is known. */
function settle(
  open: readonly Bucket[],
  known: Map<Bucket, Outlook>,
  look: (bucket: Bucket) => Outlook | undefined,
): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const bucket of open) {
      const outlook = known.has(bucket) ? undefined : look(bucket);
      if (outlook === undefined) continue;
      known.set(bucket, outlook);
      changed = true;
    }
  }
}

function atFirstSight(
  bucket: Bucket,
  input: RuleInput,
  claimed: ReadonlySet<Bucket>,
  stuck: ReadonlySet<string>,
): Outlook | undefined {
  const { graph, isLibrary, spins } = input;
  const { wait } = bucket;
  const spin = spins?.get(bucket.key);
  if (spin !== undefined)
    return { kind: 'spinning', why: `it runs round ${spin.file}:${spin.from}, a loop ${testOf(spin)}` };
  if (claimed.has(bucket)) return { kind: 'stuck', why: 'a finding tells of it' };
  if (wait.kind === 'live') return { kind: 'ends', why: liveText(wait.why) };
  if (wait.kind === 'unknown' && wait.why === 'coroutine')
    return { kind: 'idle', why: 'it waits for an iterator or its consumer' };
  if (wait.kind === 'unknown') return { kind: 'unclear', why: `not understood: ${wait.why}` };
  if (stuck.has(bucket.key)) return { kind: 'idle', why: 'nothing serves it, and nobody waits for it' };
  if (wait.kind === 'channel') {
    for (const { channel } of wait.cases) {
      const outside = graph.channels.get(channel)?.wokenFromOutside;
      if (outside !== undefined) return { kind: 'ends', why: outside };
    }
  }
  const { unreadAnswers, streamWriters } = input.snapshot;
  const unread = unreadAnswers?.get(bucket.key) ?? streamWriters?.get(bucket.key)?.why;
  if (unread !== undefined) return { kind: 'unclear', why: unread };
  // Both ends of a pipe in memory are of this process.
  if (waitsForHolders(bucket, input) || nobodyAtOtherEnd(bucket, input.snapshot) !== undefined)
    return undefined;
  const frame = callerOfSync(bucket.signature.frames);
  if (frame === undefined || !(isLibrary(frame.file) || isStreamCode(frame.function))) return undefined;
  const name = packageOf(frame.function);
  return network.test(name) ? { kind: 'ends', why: `${name} waits for the other end` } : undefined;
}

const liveText = (why: string) => (why === 'syscall' ? 'it is in a system call' : `it is live: ${why}`);

/** A wait group needs all of its workers, other waits any one who comes. */
const needsAll = ({ wait }: Bucket) => wait.kind === 'sync' && wait.mode === 'wait';

/** It would do nothing but wait until there is something to do. */
function waitsForWork({ wait }: Bucket): boolean {
  if (wait.kind === 'sync') return wait.mode === 'notify';
  return wait.kind === 'channel' && wait.cases.every(({ direction }) => direction === 'receive');
}

/** It has work, and needs one of a pool for it. */
export const waitsForUnit = (bucket: Bucket, { searches }: Pick<RuleInput, 'searches'>): boolean =>
  objectsOf(bucket).some((object) => searches.get(object)?.pool !== undefined);

/** All that the pool has is held by goroutines of this process, or by nobody: it is not for the other side to go on. */
function waitsForHolders(bucket: Bucket, { searches }: RuleInput): boolean {
  const pools = objectsOf(bucket).flatMap((object) => searches.get(object)?.pool ?? []);
  return pools.some(
    ({ units, open }) =>
      units.length === open &&
      units.every((unit) => unit.holders.length > 0 || !(unit.elsewhere || unit.endedBy !== undefined)),
  );
}

/** Those on stacks who could end the wait. */
function servers(object: WaitObject, { graph }: RuleInput, stuck: ReadonlySet<string>): BucketReleaser[] {
  return (graph.releasers.get(object) ?? []).flatMap((r) =>
    r.kind === 'bucket' && mayCome(r, stuck) ? [r] : [],
  );
}

/** What is alive and brings something to do. */
function bringers(object: WaitObject, { graph }: RuleInput, stuck: ReadonlySet<string>): string[] {
  return (graph.releasers.get(object) ?? [])
    .filter((r) => mayCome(r, stuck) && !(r.kind === 'open' && r.blind))
    .map((r) => (r.kind === 'open' ? r.why : servedText(r)));
}

const find = (buckets: ReadonlyMap<string, Bucket>, key: string) => buckets.get(key) as Bucket;

/** Buckets that somebody who must not wait for ever waits for: senders, and those who want a lock. */
function wantedBy(
  open: readonly Bucket[],
  known: ReadonlyMap<Bucket, Outlook>,
  servedBy: (bucket: Bucket) => readonly BucketReleaser[],
): ReadonlySet<string> {
  const out = new Set<string>();
  for (const bucket of open) {
    if (known.has(bucket) || waitsForWork(bucket) || needsAll(bucket)) continue;
    for (const { bucket: key } of servedBy(bucket)) out.add(key);
  }
  return out;
}

function unclearText(
  bucket: Bucket,
  { graph, searches, snapshot }: RuleInput,
  stuck: ReadonlySet<string>,
): string {
  const objects = objectsOf(bucket);
  const pipe = nobodyAtOtherEnd(bucket, snapshot);
  if (pipe !== undefined) return pipe;
  const all = objects.flatMap((object) => graph.releasers.get(object) ?? []).filter((r) => mayCome(r, stuck));
  if (objects.some((object) => graph.releasers.get(object) === undefined)) return 'nobody was looked for';
  const blind = all.find((r) => r.kind === 'open' && r.blind);
  if (blind?.kind === 'open') return `could not be decided: ${blind.why}`;
  const held = (key: string) => {
    const why = snapshot.unreadAnswers?.get(key);
    return why === undefined ? '' : `, but ${why}`;
  };
  const may = all.map((r) => (r.kind === 'open' ? r.why : `${servedText(r)}${held(r.bucket)}`));
  const [pool] = objects.flatMap((object) => searches.get(object)?.pool ?? []);
  if (pool !== undefined) return `${poolText(pool)}; possible: ${may[0] ?? 'nothing'}`;
  const more = may.length > 1 ? ` (and ${may.length - 1} more)` : '';
  return `nothing that ends it was seen; possible: ${may[0] ?? 'nothing'}${more}`;
}
