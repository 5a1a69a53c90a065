import type { LabelSet } from '../../goruntime/labels.js';
import type { Knot } from '../graph/knots.js';
import type { Releaser } from '../graph/releaser.js';
import { countOf, numbered } from '../model/counts.js';
import type { Edge, Evidence, Finding, Resource, RootGoroutine } from '../model/diagnosis.js';
import { type Bucket, hex, type Wait } from '../model/snapshot.js';
import { isSyncObject, objectsOf, type WaitObject } from '../model/wait-object.js';
import type { RootFrames } from '../read/root-frames.js';
import type { ReleaserSearch } from '../releasers/search.js';
import { latecomer } from '../rules/latecomers.js';
import type { Claim, RuleInput } from '../rules/rule.js';
import {
  labelsCheck,
  labelsText,
  lateText,
  leftOpen,
  objectCheck,
  parkedCheck,
  parkedText,
  reachText,
  releaseCheck,
  releaseText,
  searchText,
  sourceCheck,
  starvedText,
} from './evidence-text.js';
import { poolSearchText, poolText } from './pool-evidence.js';
import {
  syncResource,
  syncSearchCheck,
  syncSearchText,
  syncStateCheck,
  syncStateText,
} from './sync-evidence.js';

export interface ClaimFrames {
  readonly claim: Claim;
  /** By the bucket's key. */
  readonly facts: ReadonlyMap<string, RootFrames>;
}

/** It alone, or with others, leads to the object; what it would do with it no source tells. */
const isLeading = (releaser: Releaser, key: string) =>
  releaser.kind === 'open' && releaser.leads === true && releaser.behind?.includes(key) === true;

const leadingText = ({ ids: [id = 0] }: Bucket, address: number, { nameOf }: RuleInput) =>
  `Goroutine ${id} can get at ${nameOf(address)}; what its code would do with it was not read`;

/** Turns a claim into a finding: names, edges, and evidence that can be checked by hand in Delve. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one value, field by field, from the same few facts
export function findingOf({ claim, facts }: ClaimFrames, index: number, input: RuleInput): Finding {
  const evidence: Evidence[] = [];
  const add = (kind: Evidence['kind'], text: string, check: string): string => {
    // All who wait for one pool have the same releasers.
    const same = evidence.find((one) => one.kind === kind && one.text === text && one.check === check);
    if (same !== undefined) return same.id;
    const id = `E${evidence.length + 1}`;
    evidence.push({ id, kind, text, check });
    return id;
  };
  const { victims } = claim.knot;
  const { buckets, objects, more } = shownPart(claim.knot);
  const resources = objects.map((object, i) => resourceOf(`R${i + 1}`, object, input));
  for (const bucket of buckets) {
    if (bucket.wait.kind === 'nil-channel') resources.push(noObject('nil-channel', resources.length));
    if (bucket.wait.kind === 'empty-select') resources.push(noObject('select', resources.length));
  }
  const idOf = new Map(objects.map((object, i) => [object, `R${i + 1}`]));
  const edges: Edge[] = [];
  // Of what happened over and over in the same way, the first case is proved in full.
  const told = claim.knot.example ?? { buckets, objects };
  for (const bucket of told.buckets.slice(0, maxShown)) {
    const known = facts.get(bucket.key);
    const own = objectsOf(bucket).filter((object) => idOf.has(object));
    const parked = add('memory', parkedText(bucket, own, input), parkedCheck(bucket, own, known));
    for (const object of own) {
      edges.push({
        from: nodeOf(bucket),
        to: idOf.get(object) ?? '',
        relation: 'waits-for',
        inferred: false,
        evidence: [parked],
      });
    }
    for (const [id, set] of [...(bucket.labels ?? [])].slice(0, maxLabelled))
      add('memory', labelsText(id, set), labelsCheck(set));
    if (known?.sending !== undefined) {
      add(
        'memory',
        `The value it is sending: ${known.sending.text}`,
        `goroutine ${known.goroutine}; ${known.sending.check}`,
      );
    }
  }
  for (const object of told.objects.filter((object) => idOf.has(object))) {
    const address = object.address;
    const id = idOf.get(object) ?? '';
    const back = (bucket: Bucket, relation: Edge['relation'], shown: string) =>
      edges.push({ from: id, to: nodeOf(bucket), relation, inferred: true, evidence: [shown] });
    const channel = input.graph.channels.get(address);
    if (channel !== undefined) {
      const name = input.nameOf(address);
      const text =
        (channel.untold
          ? `At ${name}, or channels like it, `
          : `${name} at ${hex(address)} holds ${channel.count} of ${numbered(channel.capacity, 'value', 'values')}; `) +
        `${numbered(channel.waiters.send, 'goroutine waits', 'goroutines wait')} to send, ${channel.waiters.receive} to receive`;
      add('memory', text, `print *(*"runtime.hchan")(${hex(address)})`);
    }
    const sync = input.graph.syncObjects?.get(address);
    if (sync !== undefined && !sync.untold)
      add('memory', syncStateText(sync, input.nameOf(address)), syncStateCheck(sync));
    for (const releaser of input.graph.releasers.get(object) ?? []) {
      for (const bucket of buckets.filter(({ key }) => isLeading(releaser, key))) {
        const shown = add('reachability', leadingText(bucket, address, input), objectCheck(object, input));
        back(bucket, 'released-by', shown);
      }
      if (releaser.kind !== 'bucket' || isPanic(object, releaser)) continue;
      for (const bucket of buckets) {
        const late = latecomer(releaser, bucket);
        if (late === undefined) continue;
        const shown = add('source', lateText(late, bucket), releaseCheck(late.how, false));
        back(bucket, 'released-by', shown);
      }
      const bucket = buckets.find((c) => c.key === releaser.bucket);
      if (bucket === undefined) continue;
      const shown = add(
        releaser.certain ? 'frame' : 'source',
        releaseText(releaser.how, releaser.certain),
        releaseCheck(releaser.how, releaser.certain),
      );
      const relation = releaser.holds === true ? 'held-by' : 'released-by';
      back(bucket, relation, shown);
    }
    const search = lookedInto(input.searches.get(object));
    const pool = search?.pool;
    if (pool !== undefined) {
      if (pool.kind === 'semaphore' && search !== undefined)
        add('source', poolSearchText(pool, search), syncSearchCheck(search));
      add('memory', poolText(pool), `print *(*"${pool.goType}")(${hex(pool.address)})`);
      continue;
    }
    if (search !== undefined && isSyncObject(object)) {
      add(
        'source',
        syncSearchText(object, search, { name: input.nameOf(address), leftOpen: leftOpen(object, input) }),
        syncSearchCheck(search),
      );
    } else if (search !== undefined) add('source', searchText(object, search, input), sourceCheck(search));
    const reach = reachText(object, input);
    if (reach !== undefined) add('reachability', reach, objectCheck(object, input));
  }
  const unserved = countOf(claim.knot.starved.filter(({ wait }) => !mayBeIdle(wait)));
  return {
    id: `F${index + 1}`,
    rule: claim.rule,
    class: claim.class,
    subtype: claim.subtype,
    certainty: claim.certainty,
    explanation: `${claim.summary} ${claim.explanation}${starvedText(claim)}${more}`,
    suggestion: claim.suggestion,
    rootCause: {
      goroutines: buckets.flatMap((bucket) => rootOf(bucket, claim, facts.get(bucket.key), idOf, resources)),
      resources,
      edges,
    },
    victims: {
      goroutines: countOf(victims),
      groups: [...new Set(victims.map((bucket) => bucket.signature.id))],
    },
    ...(unserved === 0 ? {} : { unserved }),
    evidence,
  };
}

/** It waits to be given something: a value, a signal. */
const mayBeIdle = (wait: Wait) =>
  wait.kind === 'sync'
    ? wait.mode === 'notify'
    : wait.kind !== 'channel' || wait.cases.every(({ direction }) => direction === 'receive');

/** A close ends a send by a panic, and drains nothing. */
const isPanic = ({ mode }: WaitObject, { how }: Pick<Extract<Releaser, { kind: 'bucket' }>, 'how'>) =>
  mode === 'send' && how.operation === 'close';

/** A search that could not look at any source has nothing to say about them. */
function lookedInto(search: ReleaserSearch | undefined): ReleaserSearch | undefined {
  const blind = search?.releasers.some((releaser) => releaser.kind === 'open' && releaser.blind);
  return blind && search?.operations.length === 0 ? undefined : search;
}

/** Goroutines that wait in the same way, each for an object of its own, may be very many: the first stand for all. */
function shownPart({ buckets, objects }: Knot) {
  if (buckets.length <= maxShown) return { buckets, objects, more: '' };
  const shown = buckets.slice(0, maxShown);
  const own = new Set(shown.flatMap(objectsOf));
  return {
    buckets: shown,
    objects: objects.filter((object) => own.has(object)),
    more: ` The first ${maxShown} are shown of ${buckets.length} that wait in the same way.`,
  };
}

const maxShown = 16;
/** Goroutines of one place whose labels are evidence. */
const maxLabelled = 3;

const nodeOf = (bucket: Bucket) => (bucket.count === 1 ? `G${bucket.ids[0]}` : bucket.signature.id);

function noObject(kind: 'nil-channel' | 'select', count: number): Resource {
  const name = kind === 'select' ? 'select without cases' : 'nil channel';
  return { id: `R${count + 1}`, kind, address: '0x0', name };
}

function resourceOf(id: string, object: WaitObject, input: RuleInput): Resource {
  const address = object.address;
  const sync = isSyncObject(object) ? syncResource(id, object, input) : undefined;
  if (sync !== undefined) return sync;
  const channel = input.graph.channels.get(address);
  const base = { id, kind: 'channel' as const, address: hex(address), name: input.nameOf(address) };
  if (channel === undefined) return base;
  const { elemType, count, capacity, closed, waiters, untold } = channel;
  return {
    ...base,
    ...(elemType === undefined ? {} : { elemType }),
    ...(untold ? {} : { len: count, cap: capacity, closed }),
    waiters: { send: waiters.send, recv: waiters.receive },
  };
}

function rootOf(
  bucket: Bucket,
  claim: Claim,
  facts: RootFrames | undefined,
  idOf: ReadonlyMap<WaitObject, string>,
  resources: readonly Resource[],
): RootGoroutine[] {
  const { signature } = bucket;
  const named = objectsOf(bucket).flatMap((object) => idOf.get(object) ?? []);
  const isLive = bucket.wait.kind === 'live';
  const waitsFor = named.length > 0 || isLive ? named : resources.slice(-1).map((resource) => resource.id);
  const labelled = (set: LabelSet | undefined) =>
    set === undefined ? {} : { labels: Object.fromEntries(set) };
  return bucket.ids.map((id) => ({
    id,
    ...labelled(bucket.labels?.get(id)),
    waitReason: signature.waitReason,
    role: claim.roles.get(bucket.key) ?? '',
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
