import type { DumpMember } from '../../../dump/model.js';
import type { ArgumentWord, WaitingOp } from '../../../source/facts.js';
import type { Sources } from '../../../source/sources.js';
import { isOnce } from '../../model/frames.js';
import {
  type Bucket,
  type Channel,
  type ChannelCase,
  type Frame,
  isKnownAddress,
  isPrivateRuntime,
  maxBucketIds,
  type SyncObject,
  type Wait,
} from '../../model/snapshot.js';
import { isLiveReason, waitKey } from '../wait-of.js';
import type { DumpGroup } from './signatures.js';
import { type SyncStand, syncStandOf } from './sync-words.js';
import { type AddressBook, printedWords } from './words.js';

/** What goroutines of a dump wait for. */
export interface DumpWaits {
  readonly buckets: readonly Bucket[];
  readonly channels: ReadonlyMap<number, Channel>;
  readonly syncObjects: ReadonlyMap<number, SyncObject>;
  /** The address of every lock, group and condition that is waited for is in the dump. */
  readonly allPrinted: boolean;
}

/** How the goroutines of one stack wait, before their objects are told apart. */
export type Stand =
  | { readonly kind: 'settled'; readonly wait: Wait }
  | { readonly kind: 'channel'; readonly frame: number; readonly directions: readonly Direction[] }
  | { readonly kind: 'sync'; readonly frame: number; readonly sync: SyncStand };

type Direction = ChannelCase['direction'];

const both: readonly Direction[] = ['send', 'receive'];

/** What the header of its traceback and the functions on its stack tell of a goroutine's wait. */
export function standOf({ signature }: DumpGroup): Stand {
  const { waitReason: reason, status, frames } = signature;
  const settled = (wait: Wait): Stand => ({ kind: 'settled', wait });
  const live = (why: string) => settled({ kind: 'live', why });
  const unknown = (why: string) => settled({ kind: 'unknown', why });
  if (status !== 'waiting') return live(status === 'other' ? 'no wait is told' : status);
  if (isLiveReason(reason)) return live(reason);
  if (reason === 'select (no cases)') return settled({ kind: 'empty-select' });
  const [, nil] = /^chan (send|receive) \(nil chan\)$/.exec(reason) ?? [];
  if (nil !== undefined) return settled({ kind: 'nil-channel', direction: nil as Direction });
  const [first] = frames;
  if (first === undefined) return unknown('its stack is not in the dump');
  const sync = syncStandOf(frames);
  if (sync === 'live') return live('a lock inside of package sync');
  const at = frames.findIndex((frame) => !isPrivateRuntime(frame.function));
  switch (reason) {
    case 'chan send':
    case 'chan receive':
      return { kind: 'channel', frame: at, directions: [reason === 'chan send' ? 'send' : 'receive'] };
    case 'select':
      return { kind: 'channel', frame: at, directions: both };
    case '':
      // A form without reasons: what the functions do tells it.
      if (fromOutside.test(first.function)) return live(first.function);
      if (sync === undefined) return { kind: 'channel', frame: at, directions: both };
  }
  if (sync === undefined) return unknown(reason);
  return { kind: 'sync', frame: syncFrameIn(frames), sync };
}

/** The innermost functions of goroutines that the network, a clock or a system call will wake. */
const fromOutside =
  /^(?:internal\/poll\.runtime_pollWait|time\.Sleep|syscall\.\w*[sS]yscall\w*|os\/signal\.signal_recv|runtime\/pprof\.\w+|runtime\.\w+)$/;

const notInSync = ({ function: name }: Frame) => !/^(?:runtime|sync|internal\/sync)\./.test(name);

/** Where the program calls `Lock`, `Wait` and so on; of a Once, the frame that keeps its lock. */
function syncFrameIn(frames: readonly Frame[]): number {
  const caller = frames.findIndex(notInSync);
  const once = frames.slice(0, Math.max(caller, 0)).findIndex(isOnce);
  return once >= 0 ? once : caller;
}

/** The operations in which a goroutine may be parked, of its line. */
const opKinds = { lock: 'lock', drain: 'lock', rlock: 'rlock', wait: 'wait', notify: 'wait' } as const;

interface Asked {
  readonly group: DumpGroup;
  readonly stand: Stand;
  /** By direction, or for the kind of object, the operations of the line. */
  readonly ops: readonly { readonly direction: Direction | undefined; readonly op: WaitingOp }[];
}

export interface WaitSource {
  readonly groups: readonly DumpGroup[];
  readonly sources: Sources;
  readonly book: AddressBook;
  /** Place of a signature's stack in what the sources were told; below 0 for those of the runtime. */
  stackOf(id: string): number;
}

/**
 * Tells apart what goroutines wait for. Locks, groups and conditions are known by their addresses, which their methods
 * were called with. Of channels a traceback tells no address: all that may be one, by the sources, are taken for one.
 */
export async function readWaits(source: WaitSource): Promise<DumpWaits> {
  const asked = await askAll(source);
  const objectOf = await alikeObjects(asked, source);
  const buckets: Bucket[] = [];
  const elems = new Map<number, string | undefined>();
  for (const one of asked) buckets.push(...(await bucketsOf(one, source, objectOf, elems)));
  const syncObjects = syncObjectsOf(buckets);
  return {
    buckets,
    channels: channelsOf(buckets, elems),
    syncObjects,
    allPrinted: [...syncObjects.keys()].every(isKnownAddress),
  };
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
  return wanted.map(({ group, stand, asks }) => ({
    ...{ group, stand },
    ops: asks.flatMap(({ direction, item }) => {
      const all = found[item] ?? [];
      const near = all.filter(({ near: isNear }) => isNear);
      return (near.length > 0 ? near : []).map((op) => ({ direction, op }));
    }),
  }));
}

/** The object that stands for all that operations may be on. */
async function alikeObjects(
  asked: readonly Asked[],
  { sources, book }: WaitSource,
): Promise<(op: number) => number> {
  const ops = [...new Set(asked.flatMap((one) => one.ops.map(({ op }) => op.op)))];
  const groups = await sources.alike(ops);
  const byOp = new Map(ops.map((op, i) => [op, groups[i] ?? -1]));
  return (op) => {
    const group = byOp.get(op) ?? -1;
    return book.named(group < 0 ? `operation ${op}` : `alike ${group}`);
  };
}

async function bucketsOf(
  { group, stand, ops }: Asked,
  source: WaitSource,
  objectOf: (op: number) => number,
  elems: Map<number, string | undefined>,
): Promise<Bucket[]> {
  const { signature, members } = group;
  const whole = (wait: Wait): Bucket[] => [bucketOf(group, wait, members, signature.count)];
  if (stand.kind === 'settled') return whole(stand.wait);
  if (stand.kind === 'channel') {
    if (ops.some(({ op }) => op.clock === true))
      return whole({ kind: 'live', why: 'a timer may send to it' });
    const cases = ops.flatMap(({ direction, op }) => {
      const channel = objectOf(op.op);
      elems.set(channel, op.elem);
      return direction === undefined ? [] : [{ channel, direction }];
    });
    if (cases.length > 0) return whole({ kind: 'channel', cases: distinct(cases) });
    const { waitReason: reason } = signature;
    if (reason === '') return whole({ kind: 'live', why: 'no wait is told' });
    if (reason === 'select') return whole({ kind: 'unknown', why: 'select, whose cases are not known' });
    const [direction = 'receive'] = stand.directions;
    return whole({ kind: 'channel', cases: [{ channel: ownObject(group, stand.frame, source), direction }] });
  }
  const { objectKind, mode } = stand.sync;
  const word = await wordOf(group, stand.frame, ops, source);
  const byAddress = new Map<number, DumpMember[]>();
  for (const member of members) {
    const address =
      printedAddress(member, stand.sync) ?? addressBy(member, stand.frame, word, source.book) ?? 0;
    byAddress.set(address, [...(byAddress.get(address) ?? []), member]);
  }
  const [op] = ops;
  const unprinted = op === undefined ? ownObject(group, stand.frame, source) : objectOf(op.op.op);
  const sync = (address: number): Wait => ({
    ...{ kind: 'sync', objectKind, mode },
    address: address === 0 ? unprinted : address,
  });
  const rest = signature.count - members.length;
  if (byAddress.size <= 1) {
    const [address = 0] = byAddress.keys();
    return whole(sync(address));
  }
  const buckets = [...byAddress].map(([address, own]) => bucketOf(group, sync(address), own, own.length));
  const why = 'so many goroutines have this stack that the objects of the rest were not read';
  return rest > 0 ? [...buckets, bucketOf(group, { kind: 'unknown', why }, [], rest)] : buckets;
}

function bucketOf({ signature }: DumpGroup, wait: Wait, members: readonly DumpMember[], count: number): Bucket {
  const ids = members.slice(0, maxBucketIds).map(({ id }) => id);
  return { key: `${signature.id} ${waitKey(wait)}`, signature, count, ids, wait, elem: 0 };
}

const distinct = (cases: readonly ChannelCase[]): readonly ChannelCase[] => [
  ...new Map(cases.map((one) => [`${one.direction} ${one.channel}`, one])).values(),
];

/** Where nothing is known of the operation, what waits in one line of code has an object of its own. */
const ownObject = ({ signature }: DumpGroup, frame: number, { book }: WaitSource): number => {
  const at = signature.frames[frame];
  return book.named(`at ${at?.function} ${at?.line}`);
};

/** The object by the arguments of package sync's own methods. */
function printedAddress({ words }: DumpMember, { shown }: SyncStand): number | undefined {
  for (const { frame, offset } of shown) {
    const [word] = printedWords(words[frame] ?? '');
    if (word !== undefined && word.value > smallestPointer) return word.value - offset;
  }
  return undefined;
}

/** Below it lies nothing that a program uses. */
export const smallestPointer = 4096;

async function wordOf(
  { signature }: DumpGroup,
  frame: number,
  ops: Asked['ops'],
  { sources, stackOf }: WaitSource,
): Promise<ArgumentWord | undefined> {
  const [only, ...others] = ops;
  if (only === undefined || others.length > 0 || only.op.expr === '') return undefined;
  const [word] = await sources.words([{ stack: stackOf(signature.id), frame, expr: only.op.expr }]);
  return word;
}

function addressBy(
  { words }: DumpMember,
  frame: number,
  word: ArgumentWord | undefined,
  book: AddressBook,
): number | undefined {
  const printed = word && printedWords(words[frame] ?? '')[word.index];
  if (word === undefined || printed?.sure !== true || printed.value <= smallestPointer) return undefined;
  const address = book.follow(printed.value, word);
  return isKnownAddress(address) ? address : undefined;
}

function channelsOf(
  buckets: readonly Bucket[],
  elems: ReadonlyMap<number, string | undefined>,
): ReadonlyMap<number, Channel> {
  const out = new Map<number, { channel: Channel; send: number; receive: number }>();
  for (const { wait, count } of buckets) {
    for (const { channel: address, direction } of wait.kind === 'channel' ? wait.cases : []) {
      const known = out.get(address) ?? {
        channel: channelAt(address, elems.get(address)),
        send: 0,
        receive: 0,
      };
      known[direction] += count;
      out.set(address, known);
    }
  }
  return new Map(
    [...out].map(([address, { channel, send, receive }]) => [
      address,
      { ...channel, waiters: { send, receive } },
    ]),
  );
}

const channelAt = (address: number, elemType: string | undefined): Channel => ({
  ...{ address, elemType, untold: true, count: 0, capacity: 0, closed: false },
  ...{ waiters: { send: 0, receive: 0 }, wokenFromOutside: undefined },
});

/** Of the objects nothing is printed but who waits for them: somebody has what is waited for. */
function syncObjectsOf(buckets: readonly Bucket[]): ReadonlyMap<number, SyncObject> {
  const out = new Map<number, SyncObject>();
  const modes = new Map<number, Set<string>>();
  for (const { wait } of buckets) {
    if (wait.kind !== 'sync') continue;
    modes.set(wait.address, (modes.get(wait.address) ?? new Set()).add(wait.mode));
  }
  for (const { wait } of buckets) {
    if (wait.kind !== 'sync' || out.has(wait.address)) continue;
    const own = modes.get(wait.address) ?? new Set();
    const locked = { locked: true, woken: false, starving: false, waiters: 0 };
    const state = {
      mutex: { kind: 'mutex', mutex: locked },
      rwmutex: {
        kind: 'rwmutex',
        rwmutex: {
          writer: { ...locked, locked: own.has('lock') || own.has('drain') || own.has('rlock') },
          readers: 0,
          writerPending: true,
          readerWait: own.has('drain') ? 1 : 0,
        },
      },
      // As many as there are to call Done.
      waitgroup: { kind: 'waitgroup', waitgroup: { counter: Number.POSITIVE_INFINITY, waiters: 0 } },
      cond: { kind: 'cond', cond: { address: wait.address, wait: 0, notify: 0, locker: 0 } },
    } as const;
    out.set(wait.address, {
      ...{ address: wait.address, queued: [], untold: true },
      state: state[wait.objectKind],
    });
  }
  return out;
}
