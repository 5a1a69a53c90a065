import type { Variables } from '../../core/variable-names.js';
import { isLibraryFunction } from '../../source/library-paths.js';
import { countOf, numbered } from '../model/counts.js';
import type { Diagnosis, Group, Location } from '../model/diagnosis.js';
import type { LeakProfile } from '../model/leak-profile.js';
import { stackKey, writtenFrames } from '../model/same-stack.js';
import type { Bucket } from '../model/snapshot.js';
import { objectsOf } from '../model/wait-object.js';
import type { RuleInput } from '../rules/rule.js';
import type { Outlooks } from './outlook.js';
import { rootText, type Seeing, whyUnseen, withoutProfile } from './unseen.js';

type BesideRuntime = NonNullable<Diagnosis['leakProfile']>;
type Row = BesideRuntime['groups'][number];

/** What was found beside the profile. */
export interface Found {
  readonly input: RuleInput;
  readonly outlooks: Outlooks;
  readonly groups: readonly Group[];
  readonly goVersion: string;
  /** When the core or the dump was taken, as far as that is known. */
  readonly taken: Date | undefined;
  readonly variables: Variables;
}

/** The runtime's leak profile beside the diagnosis: who saw which goroutines, and why the other did not. */
export function besideRuntime(profile: LeakProfile, found: Found): BesideRuntime {
  const { input, outlooks, groups, goVersion, taken, variables } = found;
  const { snapshot, graph, nameOf } = input;
  const kindOf = (bucket: Bucket) => outlooks.of.get(bucket)?.kind;
  const stuck = snapshot.buckets.filter((bucket) => kindOf(bucket) === 'stuck');
  const seconds = secondsBetween(profile.time, taken);
  const seeing: Seeing = {
    ...{ profile, snapshot, graph, goVersion, nameOf, variables, moment: momentText(seconds) },
    isStuck: (id) => stuck.some(({ ids }) => ids.includes(id)),
  };
  const signatures = new Map(snapshot.signatures.map((one) => [one.id, one]));
  const own = groups.filter(({ id }) => signatures.get(id)?.system === false);
  const isMarked = (id: string) => signatures.get(id)?.leaked === true;
  const { leaked, strangers } = leaksByGroup(profile, own, isMarked);
  const rows = own.flatMap((group): Row[] => {
    const buckets = snapshot.buckets.filter(({ signature }) => signature.id === group.id);
    const lost = buckets.filter((bucket) => kindOf(bucket) === 'stuck');
    const counts = { count: group.count, stuck: countOf(lost), leaked: leaked.get(group.id) ?? 0 };
    if (counts.stuck + counts.leaked === 0) return [];
    const seenBy = counts.stuck === 0 ? 'runtime' : counts.leaked === 0 ? 'lab' : 'both';
    const why =
      seenBy === 'runtime'
        ? whyNotStuck(group, buckets, seeing)
        : seenBy === 'lab'
          ? whyUnseen(lost[0] as Bucket, seeing)
          : whyBoth(counts, lost, seeing);
    return [{ group: group.id, seenBy, ...counts, ...standing(group), why }];
  });
  const others = strangers.map(
    ({ frames, count, waitReason }): Row => ({
      ...{ group: null, seenBy: 'runtime', count: 0, stuck: 0, leaked: count, waitReason },
      place: placeIn(frames) ?? nowhere,
      why: 'no goroutine stands there here: they came later, or the profile is of another process',
    }),
  );
  const sorted = [...rows, ...others].sort(
    (a, b) => order[a.seenBy] - order[b.seenBy] || b.leaked + b.stuck - a.leaked - a.stuck,
  );
  return {
    source: profile.source,
    form: profile.form,
    time: profile.time?.toISOString() ?? null,
    secondsBefore: seconds,
    goroutines: profile.stacks.reduce((sum, { count }) => sum + count, 0),
    groups: sorted,
    limits: limitsOf(profile, found, sorted),
  };
}

const order = { both: 0, runtime: 1, lab: 2 } as const;
const nowhere: Location = { function: '', file: '', line: 0 };

const standing = ({ waitReason, userLocation, stack }: Group) => ({
  ...{ waitReason, place: placeIn(stack) ?? userLocation },
});

function placeIn(stack: readonly Location[]): Location | undefined {
  const frames = writtenFrames(stack);
  return frames.find((frame) => !isLibraryFunction(frame)) ?? frames[0];
}

/** How many of each group the profile calls leaked, and what of it stands nowhere. */
function leaksByGroup({ stacks }: LeakProfile, groups: readonly Group[], isMarked: (id: string) => boolean) {
  // Of a form without wait reasons the stacks alone can be compared.
  const isReasoned = [stacks, groups].every((all) => all.some(({ waitReason }) => waitReason !== ''));
  const keyOf = (waitReason: string, frames: readonly Location[]) =>
    stackKey(isReasoned ? waitReason : '', writtenFrames(frames));
  const left = stacks.map((one) => ({ ...one, key: keyOf(one.waitReason, one.frames) }));
  // A core tells of those that stand in one place whom the runtime had marked by then: they are among the leaked.
  const keyed = groups
    .map((group) => ({ ...group, key: keyOf(group.waitReason, group.stack) }))
    .sort((x, y) => Number(isMarked(y.id)) - Number(isMarked(x.id)));
  const last = new Map(keyed.map(({ key, id }) => [key, id]));
  const leaked = new Map<string, number>();
  for (const { id, key, count } of keyed) {
    let taken = 0;
    for (const one of left.filter((some) => some.key === key)) {
      // Of several groups of one stack the last has what is left over.
      const more = last.get(key) === id ? one.count : Math.min(one.count, count - taken);
      one.count -= more;
      taken += more;
    }
    leaked.set(id, taken);
  }
  return { leaked, strangers: left.filter(({ count }) => count > 0) };
}

/** Tenths of a second from the profile to the core or the dump. */
function secondsBetween(from: Date | undefined, to: Date | undefined): number | null {
  return from === undefined || to === undefined
    ? null
    : Math.round((to.getTime() - from.getTime()) / 100) / 10;
}

function momentText(seconds: number | null): string | undefined {
  if (seconds === null || seconds === 0) return undefined;
  return `${Math.abs(seconds)} s ${seconds > 0 ? 'before' : 'after'} it`;
}

/** Why the diagnosis says nothing of them: what becomes of them in its view, and by what they are reached in it. */
function whyNotStuck({ outlook, outlookReason }: Group, own: readonly Bucket[], seeing: Seeing): string {
  const view =
    outlook === undefined
      ? 'the diagnosis does not follow this wait'
      : `the diagnosis calls them "${outlook}": ${outlookReason}`;
  // Of several objects it is not known which of them they are about.
  const [bucket, ...others] = own;
  const [object] = bucket === undefined || others.length > 0 ? [] : objectsOf(bucket);
  const root = object === undefined ? undefined : seeing.snapshot.reached?.rootOf?.(object.address);
  if (object === undefined || root === undefined) return view;
  return `${view}. In the core ${rootText(root, seeing.nameOf(object.address), seeing)}; the lab takes every word for a pointer, the runtime knows which are pointers in use`;
}

function whyBoth(
  { stuck, leaked }: Pick<Row, 'stuck' | 'leaked'>,
  buckets: readonly Bucket[],
  seeing: Seeing,
): string {
  const all = 'the collector found that nothing which is alive leads to what they wait for';
  if (leaked === stuck) return all;
  if (leaked > stuck) return `${all}; it counts ${leaked - stuck} more than the diagnosis`;
  const { reached } = seeing.snapshot;
  const kept = buckets.find((one) =>
    objectsOf(one).some(({ address }) => reached?.reaches(address) === true),
  );
  const rest = `${numbered(stuck - leaked, 'other is', 'others are')} not in the profile`;
  return `${all}; ${rest}: ${whyUnseen(kept ?? (buckets[0] as Bucket), seeing)}`;
}

function limitsOf(profile: LeakProfile, { goVersion }: Found, rows: readonly Row[]): string[] {
  const { source, form, stacks } = profile;
  const lack = withoutProfile(goVersion);
  const known = rows.some(({ group, leaked }) => group !== null && leaked > 0);
  return [
    ...profile.limits,
    ...(lack !== undefined && stacks.length > 0 ? [`${source} can hardly be of this process: ${lack}.`] : []),
    ...(form === 'traceback' && stacks.length === 0
      ? [
          `No goroutine of ${source} is marked (leaked): either none was, or it is a dump of "goroutine" in place of "goroutineleak".`,
        ]
      : []),
    ...(stacks.length > 0 && !known
      ? [`Nobody here stands where the goroutines of ${source} stand: it may be of another process or build.`]
      : []),
  ];
}
