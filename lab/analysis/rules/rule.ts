import { counted } from '../../counted.js';
import type { Knot } from '../graph/knots.js';
import type { WaitForGraph } from '../graph/wait-for-graph.js';
import { countOf } from '../model/counts.js';
import type { DeadlockClass, DeadlockSubtype } from '../model/diagnosis.js';
import type { Bucket, Channel, Snapshot } from '../model/snapshot.js';
import type { WaitObject } from '../model/wait-object.js';
import type { ReleaserSearch } from '../releasers/search.js';
import type { Spin } from '../releasers/spins.js';

/** What a rule sees: plain values, no files and no Delve. */
export interface RuleInput {
  readonly snapshot: Snapshot;
  readonly graph: WaitForGraph;
  readonly searches: ReadonlyMap<WaitObject, ReleaserSearch>;
  /** Knots of the set that no releaser at all can wake. */
  readonly knots: readonly Knot[];
  /**
   * Knots that memory alone shows: no live goroutine can reach their objects. The sources were not there, or
   * leave it open.
   */
  readonly unreachedKnots: readonly Knot[];
  /** Those of them whose sources were read: memory proves them, and the sources may tell how it came to that. */
  readonly lostKnots: readonly Knot[];
  /** Cycles that hold only if what is merely possible does not happen. */
  readonly suspectedKnots: readonly Knot[];
  /** Loops that goroutines spin in, by the keys of their buckets. */
  readonly spins?: ReadonlyMap<string, Spin> | undefined;
  /** Handlers that wait in `Shutdown`, by the keys of their buckets: whether they were seen to wait for their own server. */
  readonly shutdowns?: ReadonlyMap<string, 'seen' | 'unread'> | undefined;
  /** Some goroutine of the program can still run. */
  readonly someoneRuns: boolean;
  /** Whether a source file belongs to Go's own library. */
  isLibrary(file: string): boolean;
  /** The channels that are received from in the line that a goroutine waits at, as written. */
  receivedFrom(bucket: Bucket): readonly string[];
  /** As a person would call it: `main.Metrics.inChannel`. */
  nameOf(channel: number): string;
}

/** What a rule claims; `findingOf` turns it into a finding with evidence. */
export interface Claim {
  readonly rule: string;
  readonly class: DeadlockClass;
  readonly subtype: DeadlockSubtype;
  readonly certainty: 'proved' | 'strong' | 'suspected';
  readonly knot: Knot;
  /** One sentence: the root cause. */
  readonly summary: string;
  /** The sentences after the summary. */
  readonly explanation: string;
  readonly suggestion: string;
  /** What the goroutines of a bucket are in this story, by the bucket's key. */
  readonly roles: ReadonlyMap<string, string>;
}

export interface Rule {
  readonly name: string;
  readonly apply: (input: RuleInput) => readonly Claim[];
}

/**
 * Why nobody comes, where memory says so and the sources leave it open, and where the objects were made: of claims that
 * are `proved` from the start.
 */
export function memorySays({ objects }: Knot, { searches }: RuleInput): string {
  const made = new Set(
    objects.flatMap((object) =>
      (searches.get(object)?.made ?? []).map(({ function: fn, file, line }) => `in ${fn} at ${file}:${line}`),
    ),
  );
  const where = made.size === 0 || made.size > maxMade ? '' : ` It was made ${[...made].join(', or ')}.`;
  return (
    `${where} Memory proves that nobody comes: no goroutine that runs or can be woken, no package variable, no finalizer ` +
    'and no timer leads to it, directly or over any number of pointers.'
  ).trimStart();
}

/** With more of them it is not told where this one comes from. */
const maxMade = 2;

/** The main goroutine and nobody else, while others work: it may be meant to keep the program running. */
export function isMainAlone({ buckets, victims, starved }: Knot, { someoneRuns }: RuleInput): boolean {
  const [bucket] = buckets;
  return (
    someoneRuns &&
    buckets.length === 1 &&
    bucket?.count === 1 &&
    bucket.ids[0] === 1 &&
    victims.length + starved.length === 0
  );
}

/** `Goroutine 20` or `8 goroutines (20, 21, 22 ...)`. */
export function goroutinesOf(buckets: readonly Bucket[]): string {
  const ids = buckets.flatMap((bucket) => bucket.ids).sort((a, b) => a - b);
  const count = countOf(buckets);
  if (count === 1) return `Goroutine ${ids[0]}`;
  const shown = ids.slice(0, 3).join(', ');
  return `${count} goroutines (${shown}${count > 3 ? ' ...' : ''})`;
}

/** The form of a verb that fits these goroutines. */
export const agree = (buckets: readonly Bucket[], one: string, many: string) =>
  countOf(buckets) === 1 ? one : many;

/** Names as in a sentence; many objects of one name, as one place makes them over and over, are counted. */
export function listed(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name}, ${count} of them`)).join(' and ');
}

/** `100/100`, or that it has no buffer; of one that is not told, what follows from who waits. */
export function fillOf(channel: Channel | undefined): string {
  if (channel === undefined) return 'unreadable';
  if (channel.untold) return channel.waiters.send > 0 ? 'full' : 'empty';
  return channel.capacity === 0 ? 'unbuffered' : `${channel.count}/${channel.capacity}`;
}

/** `; 1000 goroutines wait behind it`, or nothing. */
export function behind(victims: readonly Bucket[]): string {
  const count = countOf(victims);
  if (count === 0) return '';
  return `; ${counted(count, 'goroutine')} ${count === 1 ? 'waits' : 'wait'} behind it`;
}
