import type { Diagnosis, Edge, Evidence, Finding, Group, Resource, RootGoroutine } from './diagnosis.js';
import type { ReleaserSearch } from './releasers.js';
import type { RootFacts } from './root-facts.js';
import { type Claim, channelOf, countOf, directionOf, type RuleInput } from './rules/rule.js';
import { type Cell, hex, type Signature, type Snapshot } from './snapshot.js';
import {
  isSyncRelease,
  syncParkedCheck,
  syncReleaseCheck,
  syncReleaseText,
  syncResource,
  syncSearchCheck,
  syncSearchText,
  syncStateCheck,
  syncStateText,
  syncWaitText,
} from './sync-evidence.js';
import { isSyncObject, type ObjectKey, objectsOf, type ReleaseEvidence } from './wait-for-graph.js';

export interface ClaimFacts {
  readonly claim: Claim;
  /** By the cell's key. */
  readonly facts: ReadonlyMap<string, RootFacts>;
}

/** Turns a claim into a finding: names, edges, and evidence that can be checked by hand in Delve. */
export function findingOf({ claim, facts }: ClaimFacts, index: number, input: RuleInput): Finding {
  const evidence: Evidence[] = [];
  const add = (kind: Evidence['kind'], text: string, check: string): string => {
    const id = `E${evidence.length + 1}`;
    evidence.push({ id, kind, text, check });
    return id;
  };
  const { cells, objects, victims } = claim.knot;
  const resources = objects.map((object, i) => resourceOf(`R${i + 1}`, object, input));
  for (const cell of cells) {
    if (cell.wait.kind === 'nil-channel') resources.push(noObject('nil-channel', resources.length));
    if (cell.wait.kind === 'empty-select') resources.push(noObject('select', resources.length));
  }
  const idOf = new Map(objects.map((object, i) => [object, `R${i + 1}`]));
  const edges: Edge[] = [];
  for (const cell of cells) {
    const known = facts.get(cell.key);
    const own = objectsOf(cell).filter((object) => idOf.has(object));
    const parked = add('memory', parkedText(cell, own, input), parkedCheck(cell, own, known));
    for (const object of own) {
      edges.push({
        from: nodeOf(cell),
        to: idOf.get(object) ?? '',
        relation: 'waits-for',
        inferred: false,
        evidence: [parked],
      });
    }
    if (known?.sending !== undefined) {
      add(
        'memory',
        `The value it is sending: ${known.sending.text}`,
        `goroutine ${known.goroutine}; ${known.sending.check}`,
      );
    }
  }
  for (const object of objects) {
    const address = channelOf(object);
    const id = idOf.get(object) ?? '';
    const channel = input.graph.channels.get(address);
    if (channel !== undefined) {
      const text =
        `${input.nameOf(address)} at ${hex(address)} holds ${channel.count} of ${channel.capacity} values; ` +
        `${channel.waiters.send} goroutines wait to send, ${channel.waiters.receive} to receive`;
      add('memory', text, `print *(*runtime.hchan)(${hex(address)})`);
    }
    const sync = input.graph.syncObjects?.get(address);
    if (sync !== undefined) add('memory', syncStateText(sync, input.nameOf(address)), syncStateCheck(sync));
    for (const releaser of input.graph.releasers.get(object) ?? []) {
      if (releaser.kind !== 'cell') continue;
      const cell = cells.find((c) => c.key === releaser.cell);
      if (cell === undefined) continue;
      const shown = add(
        releaser.certain ? 'frame' : 'source',
        releaseText(releaser.how, releaser.certain),
        releaseCheck(releaser.how),
      );
      const isHolder = releaser.holds === true && releaser.how.operation !== 'done';
      const relation = isHolder ? 'held-by' : 'released-by';
      edges.push({ from: id, to: nodeOf(cell), relation, inferred: true, evidence: [shown] });
    }
    const search = input.searches.get(object);
    if (search !== undefined && isSyncObject(object)) {
      add('source', syncSearchText(object, search, input.nameOf(address)), syncSearchCheck(search));
    } else if (search !== undefined) add('source', searchText(object, search, input), sourceCheck(search));
  }
  return {
    id: `F${index + 1}`,
    rule: claim.rule,
    class: claim.class,
    subtype: claim.subtype,
    certainty: claim.certainty,
    explanation: `${claim.summary} ${claim.explanation}${starvedText(claim)}`,
    suggestion: claim.suggestion,
    rootCause: {
      goroutines: cells.flatMap((cell) => rootOf(cell, claim, facts.get(cell.key), idOf, resources)),
      resources,
      edges,
    },
    victims: { goroutines: countOf(victims), groups: [...new Set(victims.map((cell) => cell.signature.id))] },
    evidence,
  };
}

function starvedText({ knot }: Claim): string {
  const count = countOf(knot.starved);
  if (count === 0) return '';
  const places = [...new Set(knot.starved.map((cell) => cell.signature.userLocation.function))].slice(0, 3);
  const who = count === 1 ? '1 more goroutine waits' : `${count} more goroutines wait`;
  return ` ${who} for what these would do next, in ${places.join(', ')}.`;
}

const nodeOf = (cell: Cell) => (cell.count === 1 ? `G${cell.ids[0]}` : cell.signature.id);

function noObject(kind: 'nil-channel' | 'select', count: number): Resource {
  const name = kind === 'select' ? 'select without cases' : 'nil channel';
  return { id: `R${count + 1}`, kind, address: '0x0', name };
}

function resourceOf(id: string, object: ObjectKey, input: RuleInput): Resource {
  const address = channelOf(object);
  const sync = isSyncObject(object) ? syncResource(id, object, input) : undefined;
  if (sync !== undefined) return sync;
  const channel = input.graph.channels.get(address);
  const base = { id, kind: 'channel' as const, address: hex(address), name: input.nameOf(address) };
  if (channel === undefined) return base;
  const { elemType, count, capacity, closed, waiters } = channel;
  return {
    ...base,
    ...(elemType === undefined ? {} : { elemType }),
    len: count,
    cap: capacity,
    closed,
    waiters: { send: waiters.send, recv: waiters.receive },
  };
}

function rootOf(
  cell: Cell,
  claim: Claim,
  facts: RootFacts | undefined,
  idOf: ReadonlyMap<string, string>,
  resources: readonly Resource[],
): RootGoroutine[] {
  const { signature } = cell;
  const named = objectsOf(cell).flatMap((object) => idOf.get(object) ?? []);
  const waitsFor = named.length > 0 ? named : resources.slice(-1).map((resource) => resource.id);
  return cell.ids.map((id) => ({
    id,
    waitReason: signature.waitReason,
    role: claim.roles.get(cell.key) ?? '',
    currentLocation: signature.currentLocation,
    userLocation: signature.userLocation,
    startLocation: signature.startLocation,
    goStatementLocation: signature.goStatementLocation,
    waitsFor,
    stack:
      facts !== undefined && facts.goroutine === id
        ? facts.stack
        : signature.frames.map(({ offset: _, ...frame }) => frame),
  }));
}

function parkedText(cell: Cell, objects: readonly string[], input: RuleInput): string {
  const who =
    cell.count === 1 ? `Goroutine ${cell.ids[0]}` : `${cell.count} goroutines, ${cell.ids[0]} among them,`;
  const { userLocation: at, waitReason } = cell.signature;
  const what = objects
    .map((object) =>
      isSyncObject(object)
        ? syncWaitText(object, input.nameOf(channelOf(object)))
        : `${directionOf(object)} on ${input.nameOf(channelOf(object))}`,
    )
    .join(', ');
  const is = cell.count === 1 ? 'is' : 'are';
  const detail = what === '' ? '' : `: ${what}`;
  return `${who} ${is} parked in ${at.function} (${at.file}:${at.line}), wait reason "${waitReason}"${detail}`;
}

function parkedCheck(cell: Cell, objects: readonly string[], facts: RootFacts | undefined): string {
  const commands = [`goroutine ${cell.ids[0]}`, 'print runtime.curg.waitreason'];
  if (facts?.channelFrame !== undefined) commands.push(`frame ${facts.channelFrame} print c`);
  else if (objects.some(isSyncObject)) commands.push(...syncParkedCheck(cell));
  else if (objects.length > 0) commands.push('print runtime.curg.waiting.c');
  return commands.join('; ');
}

const channelVerbs: Readonly<Record<string, string>> = {
  receive: 'receives from',
  send: 'sends to',
  close: 'closes',
};

function releaseText(how: ReleaseEvidence, certain: boolean): string {
  if (isSyncRelease(how)) return syncReleaseText(how, certain);
  const verb = channelVerbs[how.operation] ?? how.operation;
  const which = certain ? ', which in that frame is this very channel' : ', which may be this channel';
  return `Goroutine ${how.goroutine} stands in ${how.function} (frame ${how.frame}) before ${how.file}:${how.line}, where it ${verb} ${how.expression}${which}`;
}

/** The field's or variable's memory holds the channel's address: `print` shows the contents, not the address. */
function releaseCheck(how: ReleaseEvidence): string {
  if (isSyncRelease(how)) return syncReleaseCheck(how);
  return `goroutine ${how.goroutine}; frame ${how.frame} examinemem -fmt hex -size 8 -count 1 -x &${how.expression}`;
}

function searchText(object: string, search: ReleaserSearch, input: RuleInput): string {
  const needed = directionOf(object) === 'send' ? 'receives from or closes' : 'sends to or closes';
  const name = input.nameOf(channelOf(object));
  const places = search.operations.map((o) => `${o.file}:${o.line} (${o.expression})`);
  if (places.length === 0) return `No place in the program's sources ${needed} ${name}`;
  const open = search.releasers.filter((releaser) => releaser.kind === 'open');
  const rest =
    open.length === 0
      ? 'No goroutine outside this set can still come there with this channel'
      : `Not excluded: ${open.map((o) => (o.kind === 'open' ? o.why : '')).join('; ')}`;
  return `What ${needed} ${name} in the program's sources: ${places.join(', ')}. ${rest}`;
}

const sourceCheck = (search: ReleaserSearch) =>
  search.operations.map((o) => `list ${o.file}:${o.line}`).join('; ') || 'sources';

export function groupOf(signature: Signature): Group {
  return {
    id: signature.id,
    count: signature.count,
    waitReason: signature.waitReason,
    userLocation: signature.userLocation,
    startLocation: signature.startLocation,
    goStatementLocation: signature.goStatementLocation,
    exampleIds: [...signature.exampleIds],
    stack: signature.frames.map(({ function: name, file, line, inlined }) => ({
      function: name,
      file,
      line,
      inlined,
    })),
  };
}

/** The article's table: how many goroutines stand at each user location. */
export function userLocations(signatures: readonly Signature[]): Diagnosis['userLocations'] {
  const table = new Map<string, { function: string; line: number; count: number }>();
  for (const { userLocation, count } of signatures) {
    const key = `${userLocation.function}:${userLocation.line}`;
    const row = table.get(key) ?? { function: userLocation.function, line: userLocation.line, count: 0 };
    row.count += count;
    table.set(key, row);
  }
  return [...table.values()].sort((a, b) => b.count - a.count || a.function.localeCompare(b.function));
}

/** The verdict follows from what was found and from what could not be decided. */
export function verdictOf(findings: readonly Finding[], undecided: readonly string[]): Diagnosis['verdict'] {
  if (findings.some(({ certainty }) => certainty === 'proved' || certainty === 'strong')) return 'deadlock';
  return findings.length > 0 || undecided.length > 0 ? 'unknown' : 'none';
}

export function summaryOf(
  verdict: Diagnosis['verdict'],
  claims: readonly Claim[],
  snapshot: Snapshot,
  undecided: readonly string[],
): string {
  const [first] = claims;
  if (first !== undefined) return first.summary;
  const { user, blocked } = snapshot.goroutines;
  if (verdict === 'none')
    return `No deadlock found: as far as can be seen, each of the ${user} goroutines of the program runs or can be woken.`;
  return `Undecided: no deadlock was found among ${user} goroutines (${blocked} blocked), but ${undecided[0] ?? 'something could not be read'}.`;
}
