import type { Diagnosis, Finding, Location, Resource } from '../../analysis/model/diagnosis.js';
import { ownFrame } from '../../analysis/model/own-frame.js';
import type { Roster } from '../../analysis/model/roster.js';
import { isPrivateRuntime } from '../../analysis/model/snapshot.js';
import type { SourceMap } from '../../source/source-map.js';
import { marksOf } from '../finding/marks.js';
import { placeFinder } from '../finding/places.js';
import { rootCount } from '../finding/titles.js';
import type { DiagnosisPart, FindingPart, GroupOutlook, ObjectRow, ProcessPart } from '../page-data.js';
import { type Place, sourceLines } from '../source-lines.js';
import { findingsInRoom, namesCut } from './finding-room.js';
import { type GroupParts, goroutineTable } from './goroutine-table.js';
import { drawGraph } from './graph.js';
import { memberList } from './member-list.js';
import { objectState } from './object-state.js';
import { bytesOf, clip, fitting } from './room.js';

/** Groups whose own line is shown with the source around it: the largest. */
const groupsWithSource = 60;

/** What each part may take of the page, bytes; the goroutines have the rest. The article's run takes 50,000 in all. */
const rooms = {
  ...{ findings: 900_000, pictures: 300_000, limits: 60_000, objects: 350_000, sources: 450_000 },
  ...{ outlooks: 200_000, suspects: 20_000, slow: 20_000, leaks: 100_000 },
};
/** Of those who could end a group's wait. */
const mostReleasers = 12;
const longestLimit = 2_000;
/** Lines that tell the story of a finding. */
const mostMarks = 4;
/** Objects beyond these say nothing in a table. */
const mostObjects = 200;
/** Groups of an object that can be chosen by it. */
const mostGroupsOfObject = 2_000;

export interface DiagnosisOnPage {
  readonly part: DiagnosisPart;
  /** What goes into the element `#members`. */
  readonly packed: string;
}

/** What a page shows of a diagnosis when there is so much room for it, bytes. */
export async function diagnosisPart(
  diagnosis: Diagnosis,
  sources: SourceMap,
  roster: Roster | undefined,
  room: number,
): Promise<DiagnosisOnPage> {
  const { scope, process, stats, groups, delve } = diagnosis;
  const { findings, leftOut: moreFindings } = findingsInRoom(diagnosis.findings, rooms.findings);
  const shown = await pictured(findings, diagnosis, sources);
  const limits = fitting(
    diagnosis.limits.map((limit) => clip(limit, longestLimit)),
    rooms.limits,
  );
  const objects = fitting(objectRows(diagnosis).map(objectInRoom), rooms.objects, mostObjects);
  const { leakProfile } = diagnosis;
  const leaks = fitting(namesCut(leakProfile?.groups ?? []), rooms.leaks);
  const most = {
    ...{
      scope,
      process: namesCut(process),
      ...(delve && { delve: namesCut(delve) }),
      ...(diagnosis.instances && { processes: processesOf(diagnosis.instances) }),
      ...(leakProfile && { leakProfile: { ...namesCut(leakProfile), groups: [...leaks.kept] } }),
      stats,
      limits: limits.kept,
      objects: objects.kept,
      slow: fitting(
        namesCut((diagnosis.slow ?? []).map(({ groups: behind, text }) => ({ groups: behind, text }))),
        rooms.slow,
      ).kept,
      suspects: fitting(namesCut(diagnosis.suspects ?? []), rooms.suspects).kept,
      outlooks: fitting(outlooksOf(groups), rooms.outlooks).kept,
    },
    findings: shown,
    sources: sourceLines(placesOf(shown, groups), sources, rooms.sources),
    leftOut: {
      findings: moreFindings,
      objects: objects.leftOut,
      limits: limits.leftOut,
      leaks: leaks.leftOut,
    },
  };
  const left = room - bytesOf(most);
  const listed = new Set(roster?.map(({ group }) => group));
  const bare = groups.map((one) => (listed.has(one.id) ? { ...one, exampleIds: [] } : one));
  const parts = partsOf(findings, groups);
  const table = goroutineTable(bare, parts, left);
  const list = roster && memberList(table.groups.id, roster, left - bytesOf(table));
  const goroutines = list === undefined && listed.size > 0 ? goroutineTable(groups, parts, left) : table;
  return {
    part: { ...most, goroutines, ...(list === undefined ? {} : { members: list.list }) },
    packed: list?.packed ?? '',
  };
}

/** Of several processes. */
const mostProcesses = 100;
const processesOf = (instances: NonNullable<Diagnosis['instances']>): readonly ProcessPart[] =>
  instances.slice(0, mostProcesses).map(({ id, name, pid, diagnosis }) => ({
    ...{ id, name: clip(name, longestLimit), pid, goroutines: diagnosis.process.goroutines.total },
  }));

async function pictured(
  findings: readonly FindingPart[],
  diagnosis: Diagnosis,
  sources: SourceMap,
): Promise<FindingPart[]> {
  const out: FindingPart[] = [];
  let left = rooms.pictures;
  for (const [i, finding] of findings.entries()) {
    // The first screen shows the first finding alone.
    const cut = finding.leftOut?.goroutines ?? 0;
    const count = Math.max(rootCount(finding), finding.rootCause.goroutines.length + cut);
    const marks = { count, ...(i === 0 ? marked(finding, diagnosis) : {}) };
    const picture = left > 0 ? await drawGraph(finding, diagnosis, sources) : undefined;
    const size = bytesOf(picture);
    if (picture !== undefined && size <= left) {
      left -= size;
      out.push({ ...finding, ...marks, picture });
    } else out.push({ ...finding, ...marks });
  }
  return out;
}

/** The lines that tell the story of a finding, as far as anybody looks at them. */
function marked(finding: FindingPart, diagnosis: Diagnosis): Pick<FindingPart, 'marks'> {
  const marks = marksOf(finding, diagnosis).slice(0, mostMarks);
  return {
    marks: marks.map(({ place, text, blocked, holds }) => ({
      ...{ place: namesCut(place), text: clip(text, longestLimit) },
      kind: blocked ? 'stuck' : holds === true ? 'holds' : 'due',
    })),
  };
}

/** Groups of which the analysis has said more than that they wait. */
function outlooksOf(groups: Diagnosis['groups']): GroupOutlook[] {
  return groups
    .filter(({ outlook, releasers }) => outlook !== undefined || releasers !== undefined)
    .sort((a, b) => b.count - a.count)
    .map(({ id, outlook, outlookReason, releasers = [] }) =>
      namesCut({
        group: id,
        ...(outlook && { outlook }),
        ...(outlookReason && { outlookReason }),
        releasers: releasers.slice(0, mostReleasers),
      }),
    );
}

function objectInRoom(row: ObjectRow): ObjectRow {
  return { ...namesCut({ ...row, groups: [] }), groups: row.groups.slice(0, mostGroupsOfObject) };
}

function partsOf(findings: readonly FindingPart[], groups: Diagnosis['groups']): GroupParts {
  const victims = new Set(findings.flatMap((one) => one.victims.groups));
  const byExample = new Map(groups.flatMap(({ id, exampleIds }) => exampleIds.map((one) => [one, id])));
  const path = (stack: readonly Location[]): string =>
    stack.map((frame) => `${frame.function}:${frame.line}`).join('\n');
  const byStack = new Map(groups.map(({ id, stack }) => [path(stack), id]));
  const roots = findings.flatMap(({ rootCause }) =>
    rootCause.goroutines.flatMap(({ id, stack }) => byExample.get(id) ?? byStack.get(path(stack)) ?? []),
  );
  return { roots: new Set(roots), victims };
}

/** The objects of the findings, then the others that somebody waits for. */
function objectRows(diagnosis: Diagnosis): ObjectRow[] {
  const { findings, objects = [] } = diagnosis;
  const waited = new Map(objects.map((one) => [one.address, one]));
  const own = findings.flatMap((finding) =>
    finding.rootCause.resources.map((resource): ObjectRow => {
      const seen = waited.get(resource.address) ?? ownLook(resource, finding, diagnosis);
      const { state, waiting, groups } = seen;
      return {
        ...resource,
        state,
        groups,
        finding: finding.id,
        ...(waiting === undefined ? {} : { waiting }),
      };
    }),
  );
  const known = new Set(own.map(({ address }) => address));
  return [...own, ...objects.filter(({ address }) => !known.has(address))];
}

/** What a finding alone tells of an object: diagnoses of older versions of the lab have no list of objects. */
function ownLook(
  resource: Resource,
  { rootCause, victims }: Finding,
  { groups }: Diagnosis,
): Pick<ObjectRow, 'state' | 'waiting' | 'groups'> {
  const { waiters } = resource;
  const roots = rootCause.goroutines.filter(({ waitsFor }) => waitsFor.includes(resource.id));
  const theirs = groups.filter(({ exampleIds }) => roots.some(({ id }) => exampleIds.includes(id)));
  const behind = rootCause.resources.length === 1 ? victims.groups : [];
  const queue = waiters === undefined ? '' : `; ${waiters.send} wait to send, ${waiters.recv} to receive`;
  return {
    state: `${objectState(resource)}${queue}`,
    groups: [...new Set([...theirs.map(({ id }) => id), ...behind])],
    ...(waiters === undefined ? {} : { waiting: waiters.send + waiters.recv }),
  };
}

/** Every place whose source somebody may want to see, the most telling first. */
function placesOf(findings: readonly FindingPart[], groups: Diagnosis['groups']): Place[] {
  const roots = findings.flatMap(({ rootCause }) => rootCause.goroutines);
  const frames = roots.flatMap(({ stack }) => stack.filter((frame) => !isPrivateRuntime(frame.function)));
  const findPlaces = placeFinder([
    ...[...frames, ...roots.flatMap(locationsOf)].map(({ file }) => file),
    ...groups.flatMap((one) => [...one.stack, ...locationsOf(one)].map(({ file }) => file)),
  ]);
  const largest = [...groups].sort((a, b) => b.count - a.count).slice(0, groupsWithSource);
  return [
    ...findings.flatMap(({ marks = [] }) => marks.map(({ place }) => place)),
    ...roots.flatMap(({ stack, userLocation }) => [ownFrame(stack) ?? userLocation, userLocation]),
    ...findings.flatMap(({ explanation, evidence }) =>
      [explanation, ...evidence.flatMap(({ text, check }) => [text, check])].flatMap(findPlaces),
    ),
    ...frames,
    ...roots.map(({ goStatementLocation }) => goStatementLocation),
    ...largest.flatMap(({ stack, userLocation }) => [ownFrame(stack) ?? userLocation]),
  ];
}

type Started = Pick<Diagnosis['groups'][number], 'userLocation' | 'startLocation' | 'goStatementLocation'>;

const locationsOf = (one: Started): Location[] => [
  one.userLocation,
  one.startLocation,
  one.goStatementLocation,
];
