import type { Diagnosis, Finding, RootGoroutine } from '../../analysis/model/diagnosis.js';
import type { FindingPart } from '../page-data.js';
import { bytesOf, clip, fitting } from './room.js';

/** Findings that a person will look at. */
const mostFindings = 100;
/** Those whose explanation may be long. */
const mostInFull = 10;
/** Of all room, what explanations and suggestions may take. */
const headShare = 0.3;
const longestName = 1_000;
const longestValue = 2_000;
const longestText = 4_000;
/** Of a finding's room, what its claims, its objects and its edges may take; the rest is for stacks. */
const shares = { evidence: 0.35, resources: 0.1, edges: 0.1, groups: 0.05 };

type LeftOut = NonNullable<FindingPart['leftOut']>;

/**
 * Findings as far as there is room for them, bytes. The first ones have it first, but none more than a quarter of what
 * is left; long texts and values are cut, and what was left out of each is counted.
 */
export function findingsInRoom(
  findings: Diagnosis['findings'],
  room: number,
): { readonly findings: readonly FindingPart[]; readonly leftOut: number } {
  const heads = fitting(findings.slice(0, mostFindings).map(headOf), room * headShare);
  const known = new Map(findings.map((one) => [one.id, one]));
  let left = room - heads.used;
  const parts = heads.kept.map((head, i): FindingPart => {
    const whole = known.get(head.id);
    if (whole === undefined) return head;
    const part = withBody(head, whole, left / Math.min(4, heads.kept.length - i));
    left -= Math.max(0, bytesOf(part) - bytesOf(head));
    return part;
  });
  return { findings: parts, leftOut: findings.length - parts.length };
}

function headOf(finding: Finding, i: number): FindingPart {
  const longest = i < mostInFull ? longestText : longestName;
  return {
    ...finding,
    explanation: clip(finding.explanation, longest),
    suggestion: clip(finding.suggestion, longest),
    rootCause: { goroutines: [], resources: [], edges: [] },
    victims: { goroutines: finding.victims.goroutines, groups: [] },
    evidence: [],
  };
}

function withBody(head: FindingPart, { rootCause, victims, evidence }: Finding, room: number): FindingPart {
  const claims = fitting(
    evidence.map((one) => ({
      ...one,
      text: clip(one.text, longestText),
      check: clip(one.check, longestText),
    })),
    room * shares.evidence,
  );
  const resources = fitting(rootCause.resources.map(namesCut), room * shares.resources);
  const edges = fitting(rootCause.edges, room * shares.edges);
  const groups = fitting(victims.groups, room * shares.groups);
  const stacks = stacksInRoom(
    rootCause.goroutines,
    room - claims.used - resources.used - edges.used - groups.used,
  );
  const leftOut = {
    evidence: claims.leftOut,
    resources: resources.leftOut,
    edges: edges.leftOut,
    groups: groups.leftOut,
    ...stacks.leftOut,
  };
  return {
    ...head,
    evidence: [...claims.kept],
    rootCause: {
      goroutines: [...stacks.kept],
      resources: [...resources.kept],
      edges: [...edges.kept],
    },
    victims: { ...head.victims, groups: [...groups.kept] },
    ...(Object.values(leftOut).some((count) => count > 0) ? { leftOut } : {}),
  };
}

function stacksInRoom(
  goroutines: readonly RootGoroutine[],
  room: number,
): { kept: RootGoroutine[]; leftOut: Pick<LeftOut, 'goroutines' | 'frames' | 'variables'> } {
  const kept: RootGoroutine[] = [];
  let [left, frames, variables] = [room, 0, 0];
  for (const [i, goroutine] of goroutines.entries()) {
    const some = stackInRoom(goroutine, left / Math.min(8, goroutines.length - i));
    const size = bytesOf(some.goroutine);
    if (size > left) break;
    kept.push(some.goroutine);
    left -= size;
    frames += some.frames;
    variables += some.variables;
  }
  return { kept, leftOut: { goroutines: goroutines.length - kept.length, frames, variables } };
}

/** The innermost frames: there it waits. Variables have half of the room, so that the stack is seen at all. */
function stackInRoom(
  goroutine: RootGoroutine,
  room: number,
): { readonly goroutine: RootGoroutine; readonly frames: number; readonly variables: number } {
  const bare = namesCut({ ...goroutine, stack: [], role: clip(goroutine.role, longestText) });
  const places = fitting(
    goroutine.stack.map(({ variables: _, ...frame }) => namesCut(frame)),
    (room - bytesOf(bare)) / 2,
  );
  let left = room - bytesOf(bare) - places.used;
  let missing = 0;
  const stack = places.kept.map((frame) => {
    const own = goroutine.stack.find(({ index }) => index === frame.index)?.variables;
    if (own === undefined) return frame;
    const cut = own.map(({ name, value }) => ({
      name: clip(name, longestName),
      value: clip(value, longestValue),
    }));
    const variables = fitting(cut, left / 2);
    left -= variables.used;
    missing += variables.leftOut;
    return { ...frame, variables: [...variables.kept] };
  });
  return { goroutine: { ...bare, stack }, frames: places.leftOut, variables: missing };
}

/** With every text in it, at any depth, no longer than a name may be. */
export function namesCut<T>(value: T): T {
  const cut = (inner: unknown): unknown => {
    if (typeof inner === 'string') return clip(inner, longestName);
    if (Array.isArray(inner)) return inner.map(cut);
    if (inner === null || typeof inner !== 'object') return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, cut(one)]));
  };
  return cut(value) as T;
}
