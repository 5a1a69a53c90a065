import { z } from 'zod';
import { shardSchema } from '../shard.js';
import { type Item, itemSchema, type Told } from './item.js';
import { alike } from './similar.js';

const groupSchema = z.object({
  /** `cause-...`, or `stacks-...` of those that are most of it. */
  fingerprint: z.string(),
  /** What it is made of: rule, functions, objects; or blocked places. */
  of: z.array(z.string()),
  rule: z.string().nullable(),
  class: z.string().nullable(),
  /** The best of its members. */
  certainty: z.enum(['proved', 'strong', 'suspected', 'unknown']).nullable(),
  /** Of the example. */
  summary: z.string(),
  count: z.number(),
  kinds: z.object({ core: z.number(), dump: z.number(), diagnosis: z.number() }),
  /** ISO 8601; `null` where no member has a time. */
  firstSeen: z.string().nullable(),
  lastSeen: z.string().nullable(),
  /** Build IDs or versions of Go, with how many members have them, most first. */
  builds: z.array(z.object({ build: z.string(), count: z.number() })),
  /** The member that shows it best: the surest, then the one with most goroutines blocked. */
  example: z.string(),
  /** Members whose cause is that of one that is blocked at the same places, and was looked at with its sources. */
  byStacks: z.number(),
  members: z.array(z.string()),
  /** What `--known` says of the fingerprint. */
  ticket: z.string().optional(),
});

export type TriageGroup = z.infer<typeof groupSchema>;

/** All of a triage as `lab triage --json` prints it. It has nothing that differs from machine to machine. */
export const triageSchema = z.object({
  schema: z.literal('lab.triage/1'),
  /** The part of a whole that this is; `null` of a whole. */
  shard: shardSchema.nullable(),
  counts: z.object({
    inputs: z.number(),
    hanging: z.number(),
    /** Diagnosed, and nothing hangs. */
    healthy: z.number(),
    /** Diagnosed, with neither a cause nor anything of the program blocked. */
    unplaced: z.number(),
    skipped: z.number(),
    failed: z.number(),
  }),
  groups: z.array(groupSchema),
  items: z.array(itemSchema),
  /** Causes of members without one, found by looking at an example with its sources: by the example's path. */
  causes: z.record(z.string(), itemSchema),
});

export type Triage = z.infer<typeof triageSchema>;

type Causes = Triage['causes'];
type Hanging = Item & { readonly told: Told };

const isHanging = (item: Item): item is Hanging =>
  item.state === 'told' && item.told !== undefined && item.told.fingerprint !== null;
const isCause = ({ told, light }: Hanging): boolean =>
  told.fingerprint?.startsWith('cause-') === true && (light !== true || told.certainty === 'proved');

/** Examples of what has no cause yet, one of each group. */
export function withoutCause(items: readonly Item[]): readonly Item[] {
  const open = items.filter(isHanging).filter((item) => !isCause(item));
  return alike(open).flatMap((members) => exampleOf(members as readonly Hanging[]));
}

/** Sorts items by their cause. Pure: the same items and causes make the same document, whatever their order. */
export function triageOf(given: readonly Item[], causes: Causes, shard: Triage['shard'] = null): Triage {
  const items = given.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const hanging = items.filter(isHanging);
  const found = new Map<string, { told: Told; direct: Hanging[]; byStacks: Hanging[] }>();
  const add = (told: Told, key: string, how: 'direct' | 'byStacks', members: readonly Hanging[]): void => {
    const known = found.get(key) ?? { told, direct: [], byStacks: [] };
    known[how].push(...members);
    found.set(key, known);
  };
  for (const item of hanging.filter(isCause)) add(item.told, item.told.fingerprint ?? '', 'direct', [item]);
  for (const members of alike(hanging.filter((item) => !isCause(item))) as readonly (readonly Hanging[])[]) {
    const [example] = exampleOf(members);
    const cause = example === undefined ? undefined : causes[example.path];
    if (cause !== undefined && isHanging(cause) && isCause(cause))
      add(cause.told, cause.told.fingerprint ?? '', 'byStacks', members);
    else {
      const told = mostCommon(members);
      add(told, told.fingerprint ?? '', 'direct', members);
    }
  }
  const groups = [...found]
    .map(([key, { told, direct, byStacks }]) => groupOf(key, told, direct, byStacks))
    .sort((a, b) => b.count - a.count || (a.fingerprint < b.fingerprint ? -1 : 1));
  const state = (wanted: Item['state']): number => items.filter((item) => item.state === wanted).length;
  const healthy = items.filter(({ told }) => told?.verdict === 'none').length;
  return {
    schema: 'lab.triage/1',
    shard,
    counts: {
      inputs: items.length,
      hanging: hanging.length,
      healthy,
      unplaced: state('told') - hanging.length - healthy,
      skipped: state('skipped'),
      failed: state('failed'),
    },
    groups,
    items,
    causes: Object.fromEntries(Object.entries(causes).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

const sureness = { proved: 3, strong: 2, suspected: 1, unknown: 0 } as const;
const sure = ({ certainty }: Told): number => (certainty === null ? -1 : sureness[certainty]);

/** The surest, then the one with most goroutines blocked, then the first by path. */
function exampleOf(members: readonly Hanging[]): readonly Hanging[] {
  return members
    .toSorted(
      (a, b) => sure(b.told) - sure(a.told) || b.told.blocked - a.told.blocked || (a.path < b.path ? -1 : 1),
    )
    .slice(0, 1);
}

/** What the fingerprint of several is: that of most, and of equally many one that suspects nothing. */
function mostCommon(members: readonly Hanging[]): Told {
  const counts = new Map<string, { told: Told; count: number }>();
  for (const { told } of members) {
    const known = counts.get(told.fingerprint ?? '') ?? { told, count: 0 };
    known.count += 1;
    counts.set(told.fingerprint ?? '', known);
  }
  const [first] = [...counts].sort(([a, one], [b, other]) => other.count - one.count || (a > b ? -1 : 1));
  return (first as NonNullable<typeof first>)[1].told;
}

function groupOf(
  fingerprint: string,
  told: Told,
  direct: readonly Hanging[],
  byStacks: readonly Hanging[],
): TriageGroup {
  const members = [...direct, ...byStacks].sort((a, b) => (a.path < b.path ? -1 : 1));
  const [example] = exampleOf(direct.length > 0 ? direct : members);
  const times = members.flatMap(({ told: { time } }) => (time === null ? [] : [time])).sort();
  const builds = new Map<string, number>();
  for (const {
    told: { build },
  } of members)
    if (build !== '') builds.set(build, (builds.get(build) ?? 0) + 1);
  const kind = (wanted: Item['kind']): number => members.filter((one) => one.kind === wanted).length;
  const best = [told, ...direct.map((one) => one.told)].toSorted((a, b) => sure(b) - sure(a))[0] ?? told;
  return {
    fingerprint,
    of: told.of,
    rule: told.rule,
    class: told.class,
    certainty: best.certainty,
    summary: direct.length > 0 ? (example?.told.summary ?? told.summary) : told.summary,
    count: members.length,
    kinds: { core: kind('core'), dump: kind('dump'), diagnosis: kind('diagnosis') },
    firstSeen: times[0] ?? null,
    lastSeen: times.at(-1) ?? null,
    builds: [...builds]
      .map(([build, count]) => ({ build, count }))
      .sort((a, b) => b.count - a.count || (a.build < b.build ? -1 : 1)),
    example: example?.path ?? '',
    byStacks: byStacks.length,
    members: members.map(({ path }) => path),
  };
}
