import type { DumpMember } from '../../../dump/model.js';
import type { ArgumentWord, WaitingOp } from '../../../source/facts.js';
import type { Sources } from '../../../source/sources.js';
import {
  type Bucket,
  type Channel,
  type ChannelCase,
  isKnownAddress,
  maxBucketIds,
  type SyncObject,
  type Wait,
} from '../../model/snapshot.js';
import { waitKey } from '../wait-of.js';
import { addressBy, placeKey, printedAddress, printedChannel } from './printed-objects.js';
import type { DumpGroup } from './signatures.js';
import { type Direction, type Stand, standOf } from './stand.js';
import { channelsOf, syncObjectsOf } from './untold-objects.js';
import type { AddressBook } from './words.js';

/** What goroutines of a dump wait for. */
export interface DumpWaits {
  readonly buckets: readonly Bucket[];
  readonly channels: ReadonlyMap<number, Channel>;
  readonly syncObjects: ReadonlyMap<number, SyncObject>;
  /** Fields of which each struct's channel is told apart. */
  readonly separate: ReadonlySet<string>;
}

/** The operations in which a goroutine may be parked, of its line. */
const opKinds = { lock: 'lock', drain: 'lock', rlock: 'rlock', wait: 'wait', notify: 'wait' } as const;

interface Asked {
  readonly group: DumpGroup;
  readonly stand: Stand;
  /** By direction, or for the kind of object, the operations of the line. */
  readonly ops: readonly {
    readonly direction: Direction | undefined;
    readonly op: WaitingOp;
    readonly way: ArgumentWord | undefined;
  }[];
}

export interface WaitSource {
  readonly groups: readonly DumpGroup[];
  readonly sources: Sources;
  readonly book: AddressBook;
  /** Place of a signature's stack in what the sources were told; below 0 for those of the runtime. */
  stackOf(id: string): number;
}

/**
 * Tells apart what goroutines wait for. Locks, groups and conditions have addresses, which their methods were called
 * with. The address of a channel is in the dump where it shows frames of the runtime; else a field's channel is known by
 * the struct that has it for its own. All others that may be one, by the sources, are taken for one.
 */
export async function readWaits(source: WaitSource): Promise<DumpWaits> {
  const asked = await askAll(source);
  const alike = await alikeGroups(asked, source);
  const separate = await separateFields(asked, alike, source);
  const only = onlyLocks(asked, alike);
  const buckets: Bucket[] = [];
  const elems = new Map<number, { elem: string | undefined; drain: boolean }>();
  for (const one of asked) buckets.push(...bucketsOf(one, { source, alike, separate, only, elems }));
  const syncObjects = syncObjectsOf(buckets);
  return { buckets, channels: channelsOf(buckets, elems), syncObjects, separate: separate.fields };
}

async function askAll({ groups, sources, stackOf }: WaitSource): Promise<readonly Asked[]> {
  const items: { stack: number; frame: number; kinds: string[] }[] = [];
  const wanted = groups.map((group) => {
    const stand = standOf(group);
    const stack = stackOf(group.signature.id);
    if (stand.kind === 'settled' || stand.frame < 0 || stack < 0) return { group, stand, asks: [] };
    const kinds: readonly (readonly [Direction | undefined, string])[] =
      stand.kind === 'channel'
        ? stand.directions.map((direction) => [direction, direction])
        : [[undefined, opKinds[stand.sync.mode]]];
    const asks = kinds.map(([direction, kind]) => ({
      direction,
      item: items.push({ stack, frame: stand.frame, kinds: [kind] }) - 1,
    }));
    return { group, stand, asks };
  });
  const found = await sources.places(items);
  const all = wanted.map(({ group, stand, asks }) => ({
    ...{ group, stand },
    ops: asks.flatMap(({ direction, item }) =>
      (found[item] ?? []).flatMap((op) => (op.near ? [{ direction, op }] : [])),
    ),
  }));
  const ways = await sources.words(
    all.flatMap(({ group, stand, ops }) =>
      ops.map(({ op }) => ({
        ...{ stack: stackOf(group.signature.id), expr: op.expr },
        frame: stand.kind === 'settled' ? -1 : stand.frame,
      })),
    ),
  );
  let next = 0;
  return all.map(({ ops, ...one }) => ({ ...one, ops: ops.map((op) => ({ ...op, way: ways[next++] })) }));
}

/** Numbers of operations: those with one number may be on one object. */
type Alike = (op: WaitingOp) => string;

async function alikeGroups(asked: readonly Asked[], { sources }: WaitSource): Promise<Alike> {
  const ops = [...new Set(asked.flatMap((one) => one.ops.map(({ op }) => op.op)))];
  const groups = await sources.alike(ops);
  const byOp = new Map(ops.map((op, i) => [op, groups[i] ?? -1]));
  return ({ op }) => {
    const group = byOp.get(op) ?? -1;
    return group < 0 ? `operation ${op}` : `alike ${group}`;
  };
}

interface Separate {
  readonly groups: ReadonlySet<string>;
  readonly fields: ReadonlySet<string>;
}

/** Where all who wait for channels that may be one wait for those that structs have for their own: these differ. */
async function separateFields(
  asked: readonly Asked[],
  alike: Alike,
  { book }: WaitSource,
): Promise<Separate> {
  const fields = new Map<string, Set<string>>();
  const mixed = new Set<string>();
  for (const { group, stand, ops } of asked) {
    if (stand.kind !== 'channel') continue;
    for (const { op, way } of ops) {
      const key = alike(op);
      const isOwn =
        way?.own !== undefined &&
        group.members.length === group.signature.count &&
        group.members.every((member) => addressBy(member, stand.frame, way, book) !== undefined);
      if (way?.own === undefined || !isOwn) mixed.add(key);
      else fields.set(key, (fields.get(key) ?? new Set()).add(way.own));
    }
  }
  const groups = [...fields].filter(([key]) => !mixed.has(key));
  return {
    groups: new Set(groups.map(([key]) => key)),
    fields: new Set(groups.flatMap(([, own]) => [...own])),
  };
}

/** The address of the one lock, group or condition of a kind that is in the dump: others like it have none of their own. */
function onlyLocks(asked: readonly Asked[], alike: Alike): (key: string) => number | undefined {
  const found = new Map<string, Set<number>>();
  for (const { group, stand, ops } of asked) {
    const [first] = ops;
    if (stand.kind !== 'sync' || first === undefined) continue;
    const key = alike(first.op);
    const known = found.get(key) ?? new Set();
    for (const member of group.members) {
      const address = printedAddress(member, stand.sync.shown);
      if (address !== undefined) known.add(address);
    }
    found.set(key, known);
  }
  return (key) => {
    const [address, ...others] = found.get(key) ?? [];
    return others.length === 0 ? address : undefined;
  };
}

interface Known {
  readonly source: WaitSource;
  readonly alike: Alike;
  readonly separate: Separate;
  readonly only: (key: string) => number | undefined;
  readonly elems: Map<number, { elem: string | undefined; drain: boolean }>;
}

function bucketsOf({ group, stand, ops }: Asked, known: Known): readonly Bucket[] {
  const { signature, members } = group;
  const { book } = known.source;
  if (stand.kind === 'settled') return [bucketOf(group, stand.wait, members, signature.count)];
  if (stand.kind === 'sync') {
    const { objectKind, mode, shown } = stand.sync;
    const [first] = ops;
    const key = first === undefined ? placeKey(group, stand.frame) : known.alike(first.op);
    const way = ops.length === 1 ? first?.way : undefined;
    return byWait(group, (member) => {
      const address = printedAddress(member, shown) ?? addressBy(member, stand.frame, way, book);
      const printed = address !== undefined && isKnownAddress(address) ? address : known.only(key);
      return { kind: 'sync', objectKind, mode, address: printed ?? book.named(key) };
    });
  }
  if (ops.some(({ op }) => op.clock === true && op.drain !== true))
    return [bucketOf(group, { kind: 'live', why: 'a timer may send to it' }, members, signature.count)];
  const { waitReason: reason } = signature;
  if (ops.length === 0 && (reason === '' || reason === 'select')) {
    const wait: Wait =
      reason === ''
        ? { kind: 'live', why: 'no wait is told' }
        : { kind: 'unknown', why: 'select, whose cases are not known' };
    return [bucketOf(group, wait, members, signature.count)];
  }
  const [direction = 'receive'] = stand.directions;
  const operations = ops.length > 0 ? ops : [{ direction, op: undefined, way: undefined }];
  return byWait(group, (member) => {
    const cases = operations.flatMap(({ direction: way, op, way: word }) => {
      if (way === undefined) return [];
      const key = op === undefined ? placeKey(group, stand.frame) : known.alike(op);
      const own = known.separate.groups.has(key) ? addressBy(member, stand.frame, word, book) : undefined;
      // A sender and a receiver that both wait do not wait for one channel.
      const channel = own ?? printedChannel(member, group, reason) ?? book.named(`${way} ${key}`);
      known.elems.set(channel, { elem: op?.elem, drain: op?.drain === true });
      return [{ channel, direction: way }];
    });
    return { kind: 'channel', cases: distinct(cases) };
  });
}

/** Goroutines of one stack, by what they wait for; those that the dump was not kept of stand apart. */
function byWait(group: DumpGroup, waitOf: (member: DumpMember) => Wait): readonly Bucket[] {
  const { signature, members } = group;
  const found = new Map<string, { readonly wait: Wait; readonly members: DumpMember[] }>();
  for (const member of members) {
    const wait = waitOf(member);
    const key = waitKey(wait);
    const known = found.get(key) ?? { wait, members: [] };
    known.members.push(member);
    found.set(key, known);
  }
  const [first, ...others] = found.values();
  if (first !== undefined && others.length === 0)
    return [bucketOf(group, first.wait, members, signature.count)];
  const buckets = [...found.values()].map((one) =>
    bucketOf(group, one.wait, one.members, one.members.length),
  );
  const rest = signature.count - members.length;
  const why = 'so many goroutines have this stack that the objects of the rest were not read';
  return rest > 0 ? [...buckets, bucketOf(group, { kind: 'unknown', why }, [], rest)] : buckets;
}

function bucketOf(
  { signature }: DumpGroup,
  wait: Wait,
  members: readonly DumpMember[],
  count: number,
): Bucket {
  const ids = members.slice(0, maxBucketIds).map(({ id }) => id);
  return { key: `${signature.id} ${waitKey(wait)}`, signature, count, ids, wait, elem: 0 };
}

const distinct = (cases: readonly ChannelCase[]): readonly ChannelCase[] => [
  ...new Map(cases.map((one) => [`${one.direction} ${one.channel}`, one])).values(),
];
