import type { Diagnosis, Finding } from '../../analysis/diagnosis.js';
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
function objectRows({ findings, groups, objects = [] }: Diagnosis): ObjectRow[] {
  const own = findings.flatMap((finding) =>
    finding.rootCause.resources.map((resource): ObjectRow => {
      const waiting =
        resource.waiters === undefined ? {} : { waiting: resource.waiters.send + resource.waiters.recv };
      const roots = finding.rootCause.goroutines.filter(({ waitsFor }) => waitsFor.includes(resource.id));
      const theirs = groups.filter(({ exampleIds }) => roots.some(({ id }) => exampleIds.includes(id)));
      const victims = finding.rootCause.resources.length === 1 ? finding.victims.groups : [];
      return {
        ...{ ...resource, ...waiting, finding: finding.id, state: objectState(resource) },
        groups: [...new Set([...theirs.map(({ id }) => id), ...victims])],
      };
    }),
  );
  const known = new Set(own.map(({ address }) => address));
  return [...own, ...objects.filter(({ address }) => !known.has(address))];
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
