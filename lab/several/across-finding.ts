import type {
  Edge,
  Evidence,
  Finding,
  Resource,
  RootGoroutine,
  SlowWait,
} from '../analysis/model/diagnosis.js';
import { shortName } from '../analysis/model/own-frame.js';
import type { Cycle, Hop, Process } from './across.js';

export const acrossRule = 'across-processes';

/** What becomes of a cycle through processes: a finding, with the commands that show each part in its core. */
export function acrossFinding({ hops, doubts }: Cycle, id: string): Finding {
  const story = storyOf(hops);
  const { goroutines, resources, edges, evidence } = story;
  const certainty = doubts.length === 0 ? 'strong' : 'suspected';
  if (doubts.length > 0)
    evidence.push({
      ...{ id: `E${evidence.length + 1}`, kind: 'heuristic', check: '' },
      text: `Not excluded: ${doubts.join('; ')}`,
    });
  const behind = victimsOf(hops);
  const processes = [...new Set(hops.map(({ caller }) => caller))];
  const itself = processes.length === 1;
  return {
    ...{ id, rule: acrossRule, class: 'resource', subtype: 'across-processes', certainty },
    instances: processes.map((one) => ({
      ...{ instance: one.id, finding: null, certainty },
      goroutines: goroutines.filter(({ instance }) => instance === one.id).map(({ id: own }) => own),
      victims: behind.get(one) ?? 0,
    })),
    ...differing(hops),
    explanation: explanationOf(hops, itself),
    suggestion:
      'Give the lock back before the call: take what is to be sent under the lock, unlock, call, and lock again for the answer. A timeout on the client turns the deadlock into failed requests.',
    rootCause: { goroutines, resources, edges },
    victims: { goroutines: [...behind.values()].reduce((sum, one) => sum + one, 0), groups: [] },
    evidence,
  };
}

/** A cycle that a deadline ends: until then all of it waits. */
export function acrossSlow({ hops }: Cycle): SlowWait[] {
  const [first] = hops;
  if (first === undefined) return [];
  const { caller, call } = first;
  const itself = new Set(hops.map((hop) => hop.caller)).size === 1;
  const behind = [...victimsOf(hops).values()].reduce((sum, one) => sum + one, 0);
  return [
    {
      ...{ goroutine: call.goroutine, groups: [], waiting: behind, doing: 'waiting for an answer' },
      resources: [...new Set(hops.flatMap(({ served }) => served.steps.map(({ object }) => object.name)))],
      ...{ location: call.location, remote: call.remote },
      text: `${caller.id}: until a deadline ends it, ${lowerFirst(explanationOf(hops, itself))}`,
    },
  ];
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

interface Story {
  readonly goroutines: RootGoroutine[];
  readonly resources: Resource[];
  readonly edges: Edge[];
  readonly evidence: Evidence[];
}

function storyOf(hops: readonly Hop[]): Story {
  const story: Story = { goroutines: [], resources: [], edges: [], evidence: [] };
  for (const [i, hop] of hops.entries()) tellCall(hop, `C${i + 1}`, story);
  for (const hop of hops) tellWay(hop, story);
  return story;
}

const nodeOf = ({ id }: Process, goroutine: number): string => `${id}.G${goroutine}`;

function add({ evidence }: Story, one: Omit<Evidence, 'id'>): string {
  const same = evidence.find(({ text, instance }) => text === one.text && instance === one.instance);
  const id = same?.id ?? `E${evidence.length + 1}`;
  if (same === undefined) evidence.push({ id, ...one });
  return id;
}

/** Who waits for an answer on the connection, and who has the request. */
function tellCall({ caller, call, callee, served }: Hop, id: string, story: Story): void {
  const name = `the request from ${call.local} to ${call.remote}`;
  story.resources.push({ id, kind: 'connection', address: `${call.local} ${call.remote}`, name });
  const parked = add(story, {
    ...{ kind: 'memory', instance: caller.id },
    text: `${caller.id}: goroutine ${call.goroutine} waits in net/http.(*persistConn).roundTrip for the answer to ${name}${call.givesUp === 'never' ? '; its context is never done, and no timer is set' : ''}`,
    check: `goroutine ${call.goroutine}; stack 20`,
  });
  const has = add(story, {
    ...{ kind: 'memory', instance: callee.id },
    text: `${callee.id}: goroutine ${served.goroutine} works on the request that came from ${served.remote} to ${served.local} at ${clock(served.since)}: the other end of that connection`,
    check: `goroutine ${served.goroutine}; stack 20`,
  });
  join(story, rootOf(caller, call, 'waits for an answer', id));
  story.edges.push(
    {
      from: nodeOf(caller, call.goroutine),
      to: id,
      relation: 'waits-for',
      inferred: false,
      evidence: [parked],
    },
    {
      ...{ from: id, to: nodeOf(callee, served.goroutine), relation: 'released-by' },
      ...{ inferred: false, evidence: [has] },
    },
  );
}

/** What stands between having a request and the call that its answer needs: locks, by their holders. */
function tellWay({ callee, served }: Hop, story: Story): void {
  let at = served.goroutine;
  for (const { object, holder, holds } of served.steps) {
    const known = story.resources.find(
      ({ instance, address }) => instance === callee.id && address === object.address,
    );
    const locks = story.resources.filter(({ instance }) => instance === callee.id);
    const id = known?.id ?? `${callee.id}.R${locks.length + 1}`;
    const { kind, address, name, state } = object;
    if (known === undefined) story.resources.push({ id, instance: callee.id, kind, address, name });
    const end = at === served.goroutine ? served : undefined;
    if (end !== undefined) join(story, rootOf(callee, end, `waits for ${name}`, id));
    const waits = add(story, {
      ...{ kind: 'memory', instance: callee.id, text: `${callee.id}: ${state}` },
      check: `goroutine ${at}; stack 20`,
    });
    const held = add(story, {
      ...{ kind: 'frame', instance: callee.id },
      text: `${callee.id}: goroutine ${holder} has ${name} (frame ${holds.frame}): ${holds.expression} was locked at ${holds.file}:${holds.line} in ${holds.function}, and is unlocked after its call`,
      check: `goroutine ${holder}; frame ${holds.frame}; print &${holds.expression}`,
    });
    story.edges.push(
      { from: nodeOf(callee, at), to: id, relation: 'waits-for', inferred: false, evidence: [waits] },
      { from: id, to: nodeOf(callee, holder), relation: 'held-by', inferred: true, evidence: [held] },
    );
    at = holder;
  }
}

function rootOf(
  { id, diagnosis }: Process,
  {
    goroutine,
    group,
    location,
  }: { goroutine: number; group: string; location: RootGoroutine['userLocation'] },
  role: string,
  waitsFor: string,
): RootGoroutine {
  const found = diagnosis.groups.find((one) => one.id === group);
  const nowhere = { function: '', file: '', line: 0 };
  const stack = (found?.stack ?? []).map((frame, index) => ({ ...frame, index }));
  const [{ function: name, file, line } = nowhere] = stack;
  return {
    ...{ id: goroutine, instance: id, waitReason: found?.waitReason ?? '', role },
    currentLocation: { function: name, file, line },
    userLocation: location,
    startLocation: found?.startLocation ?? nowhere,
    goStatementLocation: found?.goStatementLocation ?? nowhere,
    ...{ waitsFor: [waitsFor], stack },
  };
}

function join({ goroutines }: Story, one: RootGoroutine): void {
  const known = goroutines.some(({ id, instance }) => id === one.id && instance === one.instance);
  if (!known) goroutines.push(one);
}

/** Who waits for the locks of the cycle beside those who are in it. */
function victimsOf(hops: readonly Hop[]): ReadonlyMap<Process, number> {
  const waiting = new Map<Process, Map<string, number>>();
  for (const { callee, served } of hops) {
    const own = waiting.get(callee) ?? new Map<string, number>();
    for (const { object, waiting: count } of served.steps) own.set(object.address, count);
    waiting.set(callee, own);
  }
  const inside = (process: Process) =>
    new Set(hops.filter(({ callee }) => callee === process).flatMap(({ served }) => waitersIn(served))).size;
  return new Map(
    [...waiting].map(([process, own]) => [
      process,
      Math.max(0, [...own.values()].reduce((sum, one) => sum + one, 0) - inside(process)),
    ]),
  );
}

/** Goroutines of the cycle that wait for a lock themselves. */
const waitersIn = ({ goroutine, steps }: Hop['served']): readonly number[] =>
  steps.map((_, i) => (i === 0 ? goroutine : (steps[i - 1]?.holder ?? 0)));

function explanationOf(hops: readonly Hop[], itself: boolean): string {
  const parts = hops.map(({ caller, call, callee, served }) => {
    const lock = holdingOf(hops, caller, call.goroutine);
    const has = lock === undefined ? '' : `has ${lock.object.name} since ${placeOf(lock.holds)} and `;
    const [first] = served.steps;
    const needs =
      first === undefined
        ? 'which asks further'
        : `which waits for ${first.object.name} in ${shortName(served.location.function)}`;
    return `goroutine ${call.goroutine} of ${caller.id} ${has}waits for an answer of ${callee.id} (${call.remote}), where goroutine ${served.goroutine} has the request, ${needs}`;
  });
  const whole = itself
    ? 'The process asks itself'
    : `${new Set(hops.map(({ caller }) => caller)).size} processes wait for each other`;
  return `${whole}: ${parts.join('; ')}.`;
}

const holdingOf = (hops: readonly Hop[], process: Process, goroutine: number) =>
  hops
    .filter(({ callee }) => callee === process)
    .flatMap(({ served }) => served.steps)
    .find(({ holder }) => holder === goroutine);

const placeOf = ({ file, line }: { file: string; line: number }): string =>
  `${file.slice(file.lastIndexOf('/') + 1)}:${line}`;

/** Which of the requests was there first. */
function differing(hops: readonly Hop[]): Partial<Pick<Finding, 'differs'>> {
  if (new Set(hops.map(({ served }) => served.since)).size === 1) return {};
  const values = hops
    .toSorted((a, b) => a.served.since - b.served.since)
    .map(({ callee, served }) => ({
      instance: callee.id,
      value: `${clock(served.since)}, from ${served.remote}`,
    }));
  return { differs: [{ what: 'when the request of the cycle came', values }] };
}

/** `07:38:07 UTC` */
export const clock = (seconds: number): string =>
  `${new Date(seconds * 1_000).toISOString().slice(11, 19)} UTC`;
