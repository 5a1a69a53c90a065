import type { Diagnosis, Finding, Resource } from '../../analysis/diagnosis.js';
import type { DiagnosisPart, FindingPart, ObjectRow } from '../page-data.js';
import { goroutineTable } from './goroutine-table.js';
import { drawGraph } from './graph.js';
import { type Place, placesIn, type SourceMap, sourceLines } from './source-lines.js';
import { isPrivateRuntime, objectState, ownFrame } from './words.js';

/** Groups whose own line is shown with the source around it: the largest. */
const groupsWithSource = 60;

/** What a page shows of a diagnosis. */
export async function diagnosisPart(diagnosis: Diagnosis, sources: SourceMap): Promise<DiagnosisPart> {
  const { scope, process, stats, limits, findings } = diagnosis;
  const pictured: FindingPart[] = [];
  for (const finding of findings) {
    const picture = await drawGraph(finding, diagnosis.groups);
    pictured.push(picture === undefined ? finding : { ...finding, picture });
  }
  return {
    scope,
    process,
    stats,
    limits,
    findings: pictured,
    objects: objectRows(diagnosis),
    goroutines: goroutineTable(diagnosis.groups, groupsOf(findings)),
    sources: sourceLines(placesOf(diagnosis), sources),
  };
}

function groupsOf(findings: readonly Finding[]): Set<string> {
  return new Set(findings.flatMap(({ victims }) => victims.groups));
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
function placesOf({ findings, groups }: Diagnosis): Place[] {
  const roots = findings.flatMap(({ rootCause }) => rootCause.goroutines);
  const frames = roots.flatMap(({ stack }) => stack.filter((frame) => !isPrivateRuntime(frame.function)));
  const largest = [...groups].sort((a, b) => b.count - a.count).slice(0, groupsWithSource);
  return [
    ...roots.flatMap(({ stack, userLocation }) => [ownFrame(stack) ?? userLocation, userLocation]),
    ...findings.flatMap(({ explanation, evidence }) =>
      [explanation, ...evidence.flatMap(({ text, check }) => [text, check])].flatMap(placesIn),
    ),
    ...frames,
    ...roots.map(({ goStatementLocation }) => goStatementLocation),
    ...largest.flatMap(({ stack, userLocation }) => [ownFrame(stack) ?? userLocation]),
  ];
}
