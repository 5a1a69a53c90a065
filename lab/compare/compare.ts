import type { Diagnosis, Group, Location, OutlookKind } from '../analysis/model/diagnosis.js';
import type { Roster, RosterGroup } from '../analysis/model/roster.js';
import { isPrivateRuntime } from '../analysis/model/snapshot.js';

/** A process at one moment, as it was diagnosed. */
export interface Look {
  /** Its file or address. */
  readonly name: string;
  readonly kind: 'core' | 'dump';
  /** When it was taken, as far as that is known. */
  readonly time: Date | undefined;
  readonly diagnosis: Diagnosis;
  /** Which goroutines each group has; absent where goroutines have no numbers. */
  readonly roster: Roster | undefined;
}

/** What several looks at one process come to, as `lab compare --json` prints it. Looks are in the order of time. */
export interface Comparison {
  readonly schema: 'lab.compare/1';
  readonly summary: string;
  readonly looks: readonly {
    readonly name: string;
    readonly kind: Look['kind'];
    readonly time: string | null;
    readonly verdict: Diagnosis['verdict'];
    readonly goroutines: Diagnosis['process']['goroutines'];
  }[];
  /** Seconds between the first and the last look; `null` where it is not known. */
  readonly seconds: number | null;
  /** Goroutines of one stack and one wait reason, those that did not move first. */
  readonly groups: readonly ComparedGroup[];
  /** Where to look first: who stood still where nothing was seen to help, most goroutines first. */
  readonly suspects: readonly { readonly group: string; readonly text: string }[];
  readonly limits: readonly string[];
}

export interface ComparedGroup {
  readonly id: string;
  readonly waitReason: string;
  readonly userLocation: Location;
  /** The frames of the program and its libraries. */
  readonly stack: readonly Location[];
  /** By look. */
  readonly counts: readonly number[];
  /** The very same goroutines in every look, as far as it is known how long they wait without having run between. */
  readonly unmoved: number | null;
  /** In the last look and not in the first, and the other way round. */
  readonly came: number | null;
  readonly went: number | null;
  /** In the last look that has it. */
  readonly outlook: OutlookKind | null;
  readonly outlookReason: string | null;
}

/** A group grows when it has gained so many goroutines, and a fifth. */
const fewNew = 5;
const mostSuspects = 5;

/**
 * Compares looks at one process: who stood still while others moved, and what grew. It never proves a deadlock: it tells
 * slow from stuck, and puts the suspects in order.
 */
export function compareLooks(given: readonly Look[]): Comparison {
  const looks = [...given].sort((a, b) => (a.time?.getTime() ?? 0) - (b.time?.getTime() ?? 0));
  const [first, last] = [looks[0]?.time, looks.at(-1)?.time];
  const seconds =
    first === undefined || last === undefined || looks.some(({ time }) => time === undefined)
      ? null
      : Math.round((last.getTime() - first.getTime()) / 100) / 10;
  const groups = comparedGroups(looks, seconds);
  const suspects = suspectsOf(groups, looks.length, seconds);
  return {
    schema: 'lab.compare/1',
    summary: suspects[0]?.text ?? summaryOf(groups, looks.length, seconds),
    looks: looks.map(({ name, kind, time, diagnosis }) => ({
      ...{ name, kind, time: time?.toISOString() ?? null },
      ...{ verdict: diagnosis.verdict, goroutines: diagnosis.process.goroutines },
    })),
    ...{ seconds, groups, suspects },
    limits: looks.flatMap(({ name, roster }) =>
      roster === undefined
        ? [`Goroutines have no numbers in ${name}, so it is not known which of them are the same.`]
        : [],
    ),
  };
}

interface Seen {
  readonly group: Group;
  readonly members: readonly (RosterGroup | undefined)[];
  count: number;
}

function comparedGroups(looks: readonly Look[], seconds: number | null): readonly ComparedGroup[] {
  const byStack = new Map<string, (Seen | undefined)[]>();
  for (const [i, { diagnosis, roster }] of looks.entries()) {
    const members = new Map<string, RosterGroup[]>();
    for (const one of roster ?? []) members.set(one.group, [...(members.get(one.group) ?? []), one]);
    for (const group of diagnosis.groups) {
      const key = stackKey(group);
      const row = byStack.get(key) ?? looks.map(() => undefined);
      const known = row[i];
      row[i] = {
        group: known?.group ?? group,
        count: (known?.count ?? 0) + group.count,
        members: [...(known?.members ?? []), ...(members.get(group.id) ?? [undefined])],
      };
      byStack.set(key, row);
    }
  }
  return [...byStack.values()]
    .map((row) => compared(row, looks, seconds))
    .sort((a, b) => (b.unmoved ?? 0) - (a.unmoved ?? 0) || (b.counts.at(-1) ?? 0) - (a.counts.at(-1) ?? 0))
    .map((group, i) => ({ ...group, id: `C${i + 1}` }));
}

/** Dumps leave out frames of the runtime that cores have. */
function stackKey({ waitReason, stack }: Group): string {
  const frames = ownFrames(stack).map(({ function: name, line }) => `${name}:${line}`);
  return `${waitReason}\n${frames.join('\n')}`;
}

const ownFrames = (stack: Group['stack']): readonly Location[] =>
  stack
    .filter(({ function: name }) => !isPrivateRuntime(name))
    .map(({ function: name, file, line }) => ({ function: name, file, line }));

function compared(
  row: readonly (Seen | undefined)[],
  looks: readonly Look[],
  seconds: number | null,
): Omit<ComparedGroup, 'id'> & { readonly id: string } {
  const shown = row.findLast((one) => one !== undefined);
  if (shown === undefined) throw new Error('a group of no look');
  const { group } = shown;
  const ids = row.map((seen, i) => idsIn(seen, looks[i]));
  const isKnown = ids.every((one) => one !== undefined);
  const [first, last] = [ids[0] ?? new Map<number, number>(), ids.at(-1) ?? new Map<number, number>()];
  const unmoved = [...last].filter(
    ([id, waited]) =>
      ids.every((one) => one?.has(id)) && (seconds === null || waited === 0 || waited >= Math.floor(seconds)),
  );
  return {
    id: '',
    ...{ waitReason: group.waitReason, userLocation: group.userLocation, stack: ownFrames(group.stack) },
    counts: row.map((seen) => seen?.count ?? 0),
    unmoved: isKnown ? unmoved.length : null,
    came: isKnown ? [...last.keys()].filter((id) => !first.has(id)).length : null,
    went: isKnown ? [...first.keys()].filter((id) => !last.has(id)).length : null,
    ...{ outlook: group.outlook ?? null, outlookReason: group.outlookReason ?? null },
  };
}

/** The goroutines of a group in one look, and how many seconds each has waited at least; 0 where that is not known. */
function idsIn(seen: Seen | undefined, look: Look | undefined): ReadonlyMap<number, number> | undefined {
  if (look?.roster === undefined) return undefined;
  const out = new Map<number, number>();
  for (const members of seen?.members ?? []) {
    if (members === undefined) continue;
    for (const [i, id] of members.ids.entries()) out.set(id, members.waited?.[i] ?? 0);
  }
  return out;
}

function suspectsOf(
  groups: readonly ComparedGroup[],
  looks: number,
  seconds: number | null,
): Comparison['suspects'] {
  const rank = (group: ComparedGroup) =>
    group.outlook === 'stuck' ? 0 : group.outlook === 'unclear' ? 1 : 2;
  return groups
    .filter(
      (group) => group.waitReason !== '' && ((rank(group) < 2 && (group.unmoved ?? 0) > 0) || grows(group)),
    )
    .sort(
      (a, b) =>
        rank(a) - rank(b) || Number(grows(b)) - Number(grows(a)) || (b.unmoved ?? 0) - (a.unmoved ?? 0),
    )
    .slice(0, mostSuspects)
    .map((group) => ({ group: group.id, text: suspectText(group, looks, seconds) }));
}

/** More and more goroutines stand there, and few that stood there have gone. */
function grows({ counts, came, went }: ComparedGroup): boolean {
  const [first = 0, last = 0] = [counts[0], counts.at(-1)];
  if (last < first + Math.max(fewNew, first / 5)) return false;
  return came === null || went === null || went * 4 <= came;
}

function suspectText(group: ComparedGroup, looks: number, seconds: number | null): string {
  const { counts, unmoved, came, userLocation, stack, waitReason } = group;
  const place = stack.find(({ file }) => !/\/src\/(?:sync|internal)\//.test(file)) ?? userLocation;
  const where = `${place.function} (${place.file}:${place.line}, ${waitReason})`;
  const time = seconds === null ? `over ${looks} looks` : `in ${seconds} s`;
  const last = counts.at(-1) ?? 0;
  const still =
    unmoved === null
      ? `${last} goroutines stand in ${where}, ${counts[0] ?? 0} before`
      : `${unmoved} of ${counts[0] ?? last} ${last === 1 ? 'goroutine' : 'goroutines'} in ${where} did not move ${time}`;
  return came === null || came === 0 ? `${still}.` : `${still}; ${came} more came.`;
}

function summaryOf(groups: readonly ComparedGroup[], looks: number, seconds: number | null): string {
  const waiting = groups.filter(({ waitReason }) => waitReason !== '');
  const still = waiting.reduce((sum, { unmoved }) => sum + (unmoved ?? 0), 0);
  const time = seconds === null ? `over ${looks} looks` : `in ${seconds} s`;
  return `Nothing is suspected: ${still} waiting ${still === 1 ? 'goroutine' : 'goroutines'} did not move ${time}, all of them where something was seen to end the wait or to bring them work, and no group grew.`;
}
