import type { Group, WaitedObject } from '../analysis/model/diagnosis.js';
import { ownFrame } from '../analysis/model/own-frame.js';
import { ranInLoop, ranThen } from '../analysis/model/ran-then.js';
import type { RosterGroup } from '../analysis/model/roster.js';
import { ownFrames, stackKey } from '../analysis/model/same-stack.js';
import { isSystem } from '../analysis/model/snapshot.js';
import { busyIn } from './busy.js';
import type { ComparedGroup, Comparison, Look } from './model.js';
import { processesOf } from './one-process.js';
import { nothingSuspected, suspectsIn, suspectsOf } from './suspects.js';
import { hasRun, type Waits, waitedBetween, waitsOf } from './waits.js';

/**
 * Compares instances of one program, each at one moment: where their goroutines are, in which of them. Whatever has the same
 * number in two of them is not the same goroutine, and nobody can be said to stand still.
 */
function compareProcesses(looks: readonly Look[], processes: readonly number[]): Comparison {
  const apart = looks.map((look) => ({ ...look, time: undefined, roster: undefined }));
  const { limits: _, ...comparison } = compareInOrder(apart);
  // The address of an object is that of one process.
  const groups = comparison.groups.map((one) => ({
    ...one,
    object: /\b0x[0-9a-f]+/.test(one.object ?? '') ? null : one.object,
  }));
  const suspects = suspectsIn(groups, looks.length);
  return {
    ...{ ...comparison, groups },
    summary: suspects[0]?.text ?? `Nothing is suspected in any of ${looks.length} processes by itself.`,
    suspects,
    looks: comparison.looks.map((one, i) => ({ ...one, time: looks[i]?.time?.toISOString() ?? null })),
    processes,
    limits: [
      `These are ${looks.length} processes: none of their goroutines is the same, so nothing tells who stood still. \`npx lab analyze\` with these cores tells what they have in common, and whether they wait for each other.`,
    ],
  };
}

/**
 * Compares looks at one process: who stood still while others moved, and what grew. It never proves a deadlock: it tells
 * slow from stuck, and puts the suspects in order.
 */
export function compareLooks(given: readonly Look[]): Comparison {
  const processes = processesOf(given);
  return processes === undefined ? compareInOrder(given) : compareProcesses(given, processes);
}

/** The looks as a comparison lists them: those at one process in the order of time, where each has one. */
export function inOrder(given: readonly Look[]): readonly Look[] {
  const isTimed = given.every(({ time }) => time !== undefined);
  return isTimed && processesOf(given) === undefined
    ? [...given].sort((a, b) => momentOf(a) - momentOf(b))
    : given;
}

function compareInOrder(given: readonly Look[]): Comparison {
  const isTimed = given.every(({ time }) => time !== undefined);
  const looks = inOrder(given);
  const seconds = isTimed ? secondsBetween(looks[0], looks.at(-1)) : null;
  const groups = comparedGroups(looks);
  const suspects = suspectsOf(groups, looks.length, seconds);
  return {
    schema: 'lab.compare/1',
    summary: suspects[0]?.text ?? nothingSuspected(groups, looks.length, seconds),
    looks: looks.map(({ name, kind, time, diagnosis, isLight }) => ({
      ...{ name, kind, time: time?.toISOString() ?? null },
      ...{ verdict: diagnosis.verdict, goroutines: diagnosis.process.goroutines },
      ...(isLight === undefined ? {} : { isLight }),
    })),
    ...{ seconds, groups, suspects, busy: busyIn(looks) },
    limits: limitsOf(looks, isTimed),
  };
}

function limitsOf(looks: readonly Look[], isTimed: boolean): readonly string[] {
  const unnumbered = looks.flatMap(({ name, roster }) => (roster === undefined ? [name] : []));
  return [
    ...(isTimed
      ? []
      : ['Not every look tells when it was taken: they are in the order in which they were given.']),
    ...(unnumbered.length === 0
      ? []
      : [
          `Goroutines have no numbers in ${unnumbered.join(', ')}, so it is not known which of them are the same.`,
        ]),
  ];
}

const momentOf = ({ time }: Look): number => time?.getTime() ?? 0;

/** Seconds, to a tenth; `null` where files of one moment tell nothing. */
function secondsBetween(first: Look | undefined, last: Look | undefined): number | null {
  if (first?.time === undefined || last?.time === undefined) return null;
  return Math.round((momentOf(last) - momentOf(first)) / 100) / 10 || null;
}

/** A group as one look has it, of whatever parts. */
interface Seen {
  readonly group: Group;
  readonly count: number;
  /** By the id of their groups in that look. */
  readonly parts: readonly string[];
}

function comparedGroups(looks: readonly Look[]): readonly ComparedGroup[] {
  // Of looks without wait reasons the stacks alone can be compared.
  const isReasoned = looks.every(({ diagnosis }) =>
    diagnosis.groups.some(({ waitReason }) => waitReason !== ''),
  );
  const byStack = new Map<string, (Seen | undefined)[]>();
  for (const [i, { diagnosis }] of looks.entries()) {
    for (const group of diagnosis.groups) {
      if (isSystem(group.startLocation.function, group.stack)) continue;
      const key = stackKey(isReasoned ? group.waitReason : '', ownFrames(group));
      const row = byStack.get(key) ?? looks.map(() => undefined);
      const known = row[i];
      row[i] = {
        group: known?.group ?? group,
        count: (known?.count ?? 0) + group.count,
        parts: [...(known?.parts ?? []), group.id],
      };
      byStack.set(key, row);
    }
  }
  const rows = [...byStack.values()];
  const members = membersOf(looks, rows);
  return rows
    .map((row, i) => compared(row, looks, members?.[i]))
    .sort((a, b) => (b.unmoved ?? 0) - (a.unmoved ?? 0) || (b.counts.at(-1) ?? 0) - (a.counts.at(-1) ?? 0))
    .map((group, i) => ({ id: `C${i + 1}`, ...group }));
}

/** Which goroutines each row has in each look that has it; `undefined` where a look does not tell. */
interface RowMembers {
  readonly waits: readonly Waits[];
  /** Goroutines of it in every look that are not known to have run. */
  readonly unmoved: number;
}

function membersOf(
  looks: readonly Look[],
  rows: readonly (readonly (Seen | undefined)[])[],
): readonly RowMembers[] | undefined {
  if (looks.some(({ roster }) => roster === undefined)) return undefined;
  const rosters = looks.map(({ roster = [] }) => {
    const byGroup = new Map<string, RosterGroup[]>();
    for (const one of roster) byGroup.set(one.group, [...(byGroup.get(one.group) ?? []), one]);
    return byGroup;
  });
  const waits = rows.map((row) =>
    row.map((seen, i) => waitsOf(seen?.parts.flatMap((part) => rosters[i]?.get(part) ?? []) ?? [])),
  );
  const between = looks.slice(1).map((look, i) => {
    const column = (at: number) => waits.map((row) => row[at] as Waits);
    const known = look.time && looks[i]?.time ? secondsBetween(looks[i], look) : null;
    return { kind: look.kind, between: waitedBetween(column(i), column(i + 1), known) };
  });
  return waits.map((row) => ({ waits: row, unmoved: unmovedIn(row, between) }));
}

function unmovedIn(
  waits: readonly Waits[],
  between: readonly { readonly kind: Look['kind']; readonly between: number }[],
): number {
  return [...(waits[0]?.keys() ?? [])].filter((id) =>
    between.every((step, i) => {
      const [before, after] = [waits[i]?.get(id), waits[i + 1]?.get(id)];
      return before !== undefined && after !== undefined && !hasRun(before, after, step);
    }),
  ).length;
}

function compared(
  row: readonly (Seen | undefined)[],
  looks: readonly Look[],
  members: RowMembers | undefined,
): Omit<ComparedGroup, 'id'> {
  const shown = row.findLast((one) => one !== undefined);
  if (shown === undefined) throw new Error('a group of no look');
  const { group } = shown;
  const stack = ownFrames(group);
  const [first, last] = [members?.waits[0], members?.waits.at(-1)];
  const missing = (from: Waits | undefined, other: Waits | undefined) =>
    from && other ? [...from.keys()].filter((id) => !other.has(id)).length : null;
  return {
    waitReason: row.map((one) => one?.group.waitReason ?? '').findLast((reason) => reason !== '') ?? '',
    ...{ userLocation: group.userLocation, place: ownFrame(stack) ?? group.userLocation },
    ...{ object: objectOf(row, looks), stack },
    counts: row.map((seen) => seen?.count ?? 0),
    ...{
      unmoved: members?.unmoved ?? null,
      spun: spunOf(row, looks),
      came: missing(last, first),
      went: missing(first, last),
    },
    ...{ outlook: group.outlook ?? null, outlookReason: group.outlookReason ?? null },
  };
}

/** How many of a group that spins in the last look ran in its loop in every look; `null` where that is not known. */
function spunOf(row: readonly (Seen | undefined)[], looks: readonly Look[]): number | null {
  const [last, look] = [row.at(-1), looks.at(-1)];
  const loop = last?.group.spins;
  if (last === undefined || loop === undefined || look?.roster === undefined) return null;
  const before = looks.slice(0, -1).map(({ diagnosis, roster }) => ranThen(diagnosis, roster));
  const ids = look.roster.flatMap(({ group, ids: own }) => (last.parts.includes(group) ? [...own] : []));
  return ids.filter((id) => before.every((then) => then !== undefined && ranInLoop(then, id, loop))).length;
}

/** By the latest look that has a name for it; an address is the same in all of them. */
function objectOf(row: readonly (Seen | undefined)[], looks: readonly Look[]): string | null {
  const byLook = row.map((seen, i) =>
    (looks[i]?.diagnosis.objects ?? []).filter(({ groups }) =>
      seen?.parts.some((part) => groups.includes(part)),
    ),
  );
  const known = byLook.map((some) => some.map(nameOf));
  const names = known.findLast(([one]) => one?.isOwn) ?? known.findLast(([one]) => one !== undefined) ?? [];
  const [one] = names;
  if (one === undefined || one.name === '') return null;
  return names.length === 1 ? one.name : `${one.name} and ${names.length - 1} more`;
}

/** Its own name, else its kind with its address; empty where a dump tells neither. */
function nameOf({ name, kind, address }: WaitedObject): { readonly name: string; readonly isOwn: boolean } {
  const isOwn = !['', kind, `a ${kind}`].includes(name);
  return { name: isOwn ? name : !address.startsWith('0x') ? '' : `${kind} ${address}`, isOwn };
}
