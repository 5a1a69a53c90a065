import type { Diagnosis, Finding, Group, Location, RootGoroutine } from '../../analysis/model/diagnosis.js';
import { ownFrame } from '../../analysis/model/own-frame.js';
import type { Roster } from '../../analysis/model/roster.js';
import { quoteWord } from '../../quote-word.js';
import { isQueuedBehind } from '../finding/edges.js';

/** Why a goroutine, a group or an object is as the diagnosis says. */
export interface SubjectExplanation {
  readonly kind: 'goroutine' | 'group' | 'object';
  /** `G22`, `S3`, `R1`. */
  readonly id: string;
  readonly name?: string;
  /** Goroutines of the group, or that wait for the object. */
  readonly count: number;
  readonly group?: string;
  readonly waitReason?: string;
  readonly place?: Location;
  /** Seconds at least; absent where the core does not tell. */
  readonly waitedSeconds?: number;
  readonly outlook?: Group['outlook'];
  readonly outlookReason?: string;
  readonly waitsFor: readonly ExplainedObject[];
  readonly releasers: readonly Releaser[];
  readonly holds: readonly Held[];
  readonly waitedForBy: readonly Waiter[];
  /** Findings that it is part of, as root cause or victim. */
  readonly findings: readonly {
    readonly id: string;
    readonly rule: string;
    readonly as: 'root cause' | 'victim';
  }[];
  /** Commands that show it: Delve's, or of a dump the shell's. */
  readonly check: readonly string[];
}

export interface ExplainedObject {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly address: string;
  readonly state?: string;
}

/** Somebody who could end the wait. */
export interface Releaser {
  readonly who: string;
  readonly counts: 'certain' | 'may' | 'ruled-out';
  readonly why: string;
}

export interface Held {
  readonly object: string;
  readonly why: string;
}

export interface Waiter {
  readonly who: string;
  readonly goroutines: number;
  readonly object: string;
}

/** Explains `G22`, `S3`, `R1`, `O4` or an address; `undefined` where the diagnosis has nothing of that name. */
export function explainSubject(
  diagnosis: Diagnosis,
  wanted: string,
  roster: Roster = [],
): SubjectExplanation | undefined {
  const [, letter, number] = /^([GS])(\d+)$/.exec(wanted) ?? [];
  if (letter === 'G') return ofGoroutine(diagnosis, Number(number), roster);
  if (letter === 'S') {
    const group = diagnosis.groups.find(({ id }) => id === wanted);
    return group && ofGroup(diagnosis, group, { id: wanted, kind: 'group', roster });
  }
  return ofObject(diagnosis, wanted);
}

function ofGoroutine(diagnosis: Diagnosis, id: number, roster: Roster): SubjectExplanation | undefined {
  const root = diagnosis.findings
    .flatMap(({ rootCause }) => rootCause.goroutines)
    .find((one) => one.id === id);
  const listed = roster.find(({ ids }) => ids.includes(id))?.group;
  const group =
    diagnosis.groups.find((one) => one.id === listed || one.exampleIds.includes(id)) ??
    likeOf(diagnosis, root);
  return group && ofGroup(diagnosis, group, { id: `G${id}`, kind: 'goroutine', root, number: id, roster });
}

/** The group of a goroutine that is no example of it, by its stack. */
function likeOf({ groups }: Diagnosis, root: RootGoroutine | undefined): Group | undefined {
  const path = (stack: readonly Location[]): string =>
    stack.map((one) => `${one.function}:${one.line}`).join('\n');
  return root && groups.find(({ stack }) => path(stack) === path(root.stack));
}

interface Asked {
  readonly id: string;
  readonly kind: 'goroutine' | 'group';
  readonly root?: RootGoroutine | undefined;
  readonly number?: number;
  readonly roster: Roster;
}

function ofGroup(diagnosis: Diagnosis, group: Group, asked: Asked): SubjectExplanation {
  const { id, kind, root, number, roster } = asked;
  const nodes = new Set([
    id,
    ...(number === undefined ? group.exampleIds.map((one) => `G${one}`) : [group.id]),
  ]);
  const parts = diagnosis.findings.flatMap((finding): SubjectExplanation['findings'][number][] => {
    const own = finding.rootCause.goroutines.some((one) =>
      number === undefined ? group.exampleIds.includes(one.id) : one.id === number,
    );
    const victim = !own && finding.victims.groups.includes(group.id);
    const as = own ? 'root cause' : 'victim';
    return own || victim ? [{ id: finding.id, rule: finding.rule, as }] : [];
  });
  const waitsFor = root === undefined ? objectsOfGroup(diagnosis, group) : objectsOfRoot(diagnosis, root);
  const held = heldBy(diagnosis, nodes);
  const { outlook, outlookReason } = group;
  const waited = waitedSeconds(roster, group.id, number);
  return {
    ...{ kind, id, count: kind === 'goroutine' ? 1 : group.count, waitReason: group.waitReason },
    ...(kind === 'goroutine' ? { group: group.id } : {}),
    place: placeOf(root ?? group),
    ...(waited === undefined ? {} : { waitedSeconds: waited }),
    ...(outlook === undefined ? {} : { outlook }),
    ...(outlookReason === undefined ? {} : { outlookReason }),
    waitsFor,
    releasers: group.releasers ?? releasersOf(diagnosis, waitsFor, group),
    holds: held.map(({ object, why }) => ({ object, why })),
    waitedForBy: held.flatMap(({ address, object }) => waitersAt(diagnosis, address, object)),
    findings: parts,
    check: stackCheck(diagnosis, number ?? group.exampleIds[0] ?? 0),
  };
}

function placeOf({ stack, userLocation }: Pick<Group, 'stack' | 'userLocation'>): Location {
  const { function: name, file, line } = ownFrame(stack) ?? userLocation;
  return { function: name, file, line };
}

function waitedSeconds(roster: Roster, group: string, number: number | undefined): number | undefined {
  const own = roster.find((one) => one.group === group);
  if (own?.waited === undefined) return undefined;
  const at = number === undefined ? -1 : own.ids.indexOf(number);
  const seconds = at === -1 ? own.waited.reduce((most, one) => Math.max(most, one), 0) : own.waited[at];
  return seconds === 0 ? undefined : seconds;
}

function objectsOfGroup({ objects = [], findings }: Diagnosis, { id }: Group): readonly ExplainedObject[] {
  // The sources' name of a lock is known to the findings alone.
  const named = new Map(
    findings.flatMap(({ rootCause }) => rootCause.resources.map((one) => [one.address, one.name] as const)),
  );
  return objects
    .filter(({ groups }) => groups.includes(id))
    .map(({ id: own, name, kind, address, state }) => ({
      ...{ id: own, kind, address, state },
      name: named.get(address) ?? name,
    }));
}

function objectsOfRoot(diagnosis: Diagnosis, { id, waitsFor }: RootGoroutine): readonly ExplainedObject[] {
  const finding = diagnosis.findings.find(({ rootCause }) =>
    rootCause.goroutines.some((one) => one.id === id),
  );
  const resources = finding?.rootCause.resources.filter((one) => waitsFor.includes(one.id)) ?? [];
  return resources.map(({ id: own, name, kind, address }) => {
    const state = diagnosis.objects?.find((one) => one.address === address)?.state;
    return { id: own, name, kind, address, ...(state === undefined ? {} : { state }) };
  });
}

/** What the evidence of the findings says of those who could end a wait for these objects. */
function releasersOf(
  { findings }: Diagnosis,
  objects: readonly Pick<ExplainedObject, 'address'>[],
  group: Pick<Group, 'waitReason'> | undefined,
): Releaser[] {
  const known = findings.flatMap((finding) =>
    finding.rootCause.resources
      .filter(({ address }) => address !== '0x0' && objects.some((one) => one.address === address))
      .flatMap((resource) => [...seenIn(finding, resource.id), ...searchedIn(finding, resource.name)]),
  );
  const told = [...new Map(known.map((one) => [one.who + one.why, one])).values()];
  if (told.length > 0) return told;
  const outside = fromOutside[group?.waitReason ?? ''];
  return outside === undefined ? [] : [outside];
}

/** Waits that end from outside of the program's goroutines. */
const fromOutside: Readonly<Record<string, Releaser>> = {
  'IO wait': {
    who: 'the network',
    counts: 'certain',
    why: 'data or the end of the connection ends the wait',
  },
  sleep: { who: 'the clock', counts: 'certain', why: 'the sleep ends by itself' },
};

function seenIn(finding: Finding, resource: string): Releaser[] {
  return finding.rootCause.edges
    .filter(({ from, relation }) => from === resource && relation !== 'waits-for')
    .flatMap((edge) =>
      finding.evidence
        .filter(({ id }) => edge.evidence.includes(id))
        .map(({ kind, text }): Releaser => {
          const why = `${text}; it is blocked in ${finding.id} itself`;
          const queued = isQueuedBehind(edge, finding);
          return { who: edge.to, counts: kind === 'frame' && !queued ? 'certain' : 'may', why };
        }),
    );
}

/** The search of all sources, which rules everybody else out or leaves somebody. */
function searchedIn({ evidence }: Finding, name: string): Releaser[] {
  return evidence
    .filter(
      ({ kind, text }) =>
        kind === 'source' && text.includes(name) && /No goroutine outside|Not excluded|^Nothing/.test(text),
    )
    .map(({ text }) => ({
      who: 'all other code',
      counts: /Not excluded/.test(text) ? ('may' as const) : ('ruled-out' as const),
      why: text,
    }));
}

interface HeldObject extends Held {
  readonly address: string;
}

function heldBy({ findings }: Diagnosis, nodes: ReadonlySet<string>): HeldObject[] {
  const held = findings.flatMap((finding) =>
    finding.rootCause.edges
      .filter((edge) => edge.relation === 'held-by' && nodes.has(edge.to) && !isQueuedBehind(edge, finding))
      .flatMap((edge): HeldObject[] => {
        const object = finding.rootCause.resources.find(({ id }) => id === edge.from);
        const why = finding.evidence.find(({ id }) => edge.evidence.includes(id))?.text ?? '';
        return object === undefined ? [] : [{ object: object.name, address: object.address, why }];
      }),
  );
  return [...new Map(held.map((one) => [one.address, one])).values()];
}

function waitersAt({ objects = [], groups }: Diagnosis, address: string, object: string): Waiter[] {
  const waited = objects.find((one) => one.address === address);
  return (waited?.groups ?? []).map((who) => {
    const count = groups.find(({ id }) => id === who)?.count ?? 0;
    return { who, goroutines: Math.min(count, waited?.waiting ?? count), object };
  });
}

function ofObject(diagnosis: Diagnosis, wanted: string): SubjectExplanation | undefined {
  const { findings, objects = [] } = diagnosis;
  const resources = findings.flatMap(({ rootCause }) => rootCause.resources);
  const is = (one: { readonly id: string; readonly address: string }): boolean =>
    one.id === wanted || (wanted.startsWith('0x') && BigInt(one.address) === addressOf(wanted));
  const resource = resources.find(is) ?? objects.find(is);
  if (resource === undefined) return undefined;
  const waited = objects.find(({ address }) => address === resource.address);
  const state = waited?.state;
  const own: ExplainedObject = {
    ...{ id: resource.id, name: resource.name, kind: resource.kind, address: resource.address },
    ...(state === undefined ? {} : { state }),
  };
  const waiting = waitersAt(diagnosis, resource.address, resource.name);
  const first = diagnosis.groups.find(({ id }) => id === waiting[0]?.who);
  const releasers = first?.releasers ?? releasersOf(diagnosis, [resource], first);
  return {
    ...{ kind: 'object', id: resource.id, name: resource.name },
    count: waited?.waiting ?? waiting.reduce((sum, { goroutines }) => sum + goroutines, 0),
    ...{ waitsFor: [own], releasers, holds: [], waitedForBy: waiting },
    findings: findings
      .filter(({ rootCause }) => rootCause.resources.some(({ address }) => address === resource.address))
      .map(({ id, rule }) => ({ id, rule, as: 'root cause' as const })),
    check:
      resource.kind === 'channel' && diagnosis.stats.engine !== 'dump'
        ? [`print *(*"runtime.hchan")(${resource.address})`]
        : [],
  };
}

/** What shows a goroutine's stack: Delve's commands, or of a dump the shell's. */
const stackCheck = ({ stats, process: seen }: Diagnosis, goroutine: number): readonly string[] =>
  stats.engine === 'dump'
    ? [`grep -A 20 'goroutine ${goroutine} ' ${quoteWord(seen.core)}`]
    : [`goroutine ${goroutine}`, 'stack'];

const addressOf = (text: string): bigint => (/^0x[0-9a-fA-F]+$/.test(text) ? BigInt(text) : -1n);
