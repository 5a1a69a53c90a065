import type { CoreMemory } from '../core/memory.js';
import type { DelveClient } from '../delve/client.js';
import { globalScope } from '../delve/client.js';
import type { CallOptions } from '../delve/rpc.js';
import type { Stackframe } from '../delve/wire.js';
import { LabError } from '../errors.js';
import { type RawChannel, readChannel, readTypeName } from '../goruntime/channels.js';
import { type QueueEntry, type RawGoroutine, readGoroutines } from '../goruntime/goroutines.js';
import type { RuntimeLayout } from '../goruntime/layout.js';
import type { Location } from './diagnosis.js';
import {
  type Cell,
  type Channel,
  type ChannelCase,
  type Frame,
  type GoroutineState,
  isPrivateRuntime,
  isSystemStart,
  maxCellIds,
  type Signature,
  type Snapshot,
} from './snapshot.js';
import { waitKey, waitOf } from './waits.js';

export interface SnapshotSource {
  readonly client: DelveClient;
  readonly memory: CoreMemory;
  readonly layout: RuntimeLayout;
}

interface Fold {
  count: number;
  readonly first: RawGoroutine;
  readonly ids: number[];
  readonly cells: Map<string, { count: number; readonly ids: number[]; readonly first: RawGoroutine }>;
}

const maxDepth = 200;
/** A deep recursion is read again. */
const maxDeepDepth = 20_000;
const states: Readonly<Record<number, GoroutineState>> = {
  1: 'runnable',
  2: 'running',
  3: 'syscall',
  4: 'waiting',
};

/**
 * Reads every goroutine from the core's memory in one pass, folds them into signatures, and asks Delve for the
 * symbols of one representative of each.
 */
export async function readSnapshot(source: SnapshotSource, options: CallOptions): Promise<Snapshot> {
  const { memory, layout } = source;
  const channels = channelReader(memory, layout);
  const folds = new Map<string, Fold>();
  let total = 0;
  let blocked = 0;
  for (const goroutine of readGoroutines(memory, layout)) {
    if (++total % 4096 === 0) options.signal.throwIfAborted();
    if (states[goroutine.status] === 'waiting') blocked += 1;
    fold(folds, goroutine, channels.direction);
  }
  const signatures: Signature[] = [];
  const cells: Cell[] = [];
  const limits = new Set<string>();
  const ordered = [...folds.values()].sort((a, b) => b.count - a.count || a.first.id - b.first.id);
  for (const [i, group] of ordered.entries()) {
    const signature = await describe(`S${i + 1}`, group, source, options, limits);
    signatures.push(signature);
    for (const [key, cell] of group.cells) {
      const wait = waitOf(parked(cell.first), channels.direction);
      const elem = cell.first.queues[0]?.elem ?? 0;
      cells.push({ key: `${signature.id} ${key}`, signature, count: cell.count, ids: cell.ids, wait, elem });
    }
  }
  const system = signatures.filter((s) => s.system).reduce((sum, s) => sum + s.count, 0);
  return {
    goroutines: { total, user: total - system, system, blocked },
    signatures,
    cells,
    channels: channels.known(cells),
    limits: [...limits],
  };
}

const parked = (g: RawGoroutine) => ({
  state: states[g.status] ?? ('other' as const),
  waitReason: g.waitReason,
  queues: g.queues,
});

function fold(
  folds: Map<string, Fold>,
  goroutine: RawGoroutine,
  direction: (entry: QueueEntry) => ChannelCase['direction'] | undefined,
): void {
  const { status, waitReasonNumber, startPc, goPc, pcs } = goroutine;
  // What is not parked has no stack in `g.sched`: such goroutines stay apart, they are few.
  const stack = pcs.length > 0 ? pcs.join(',') : `running ${goroutine.id}`;
  const key = `${status} ${waitReasonNumber} ${startPc} ${goPc} ${stack}`;
  let group = folds.get(key);
  if (group === undefined) {
    group = { count: 0, first: goroutine, ids: [], cells: new Map() };
    folds.set(key, group);
  }
  group.count += 1;
  if (group.ids.length < maxCellIds) group.ids.push(goroutine.id);
  const target = waitKey(waitOf(parked(goroutine), direction));
  const cell = group.cells.get(target);
  if (cell === undefined) {
    group.cells.set(target, { count: 1, ids: [goroutine.id], first: goroutine });
    return;
  }
  cell.count += 1;
  if (cell.ids.length < maxCellIds) cell.ids.push(goroutine.id);
}

function channelReader(memory: CoreMemory, layout: RuntimeLayout) {
  const raw = new Map<number, RawChannel | undefined>();
  const sending = new Map<number, ReadonlySet<number>>();
  const read = (address: number) => {
    if (!raw.has(address)) raw.set(address, readChannel(memory, layout, address));
    return raw.get(address);
  };
  return {
    /** Which queue of its channel an entry stands in. */
    direction(entry: QueueEntry): ChannelCase['direction'] | undefined {
      const channel = read(entry.channel);
      if (channel === undefined) return undefined;
      let senders = sending.get(entry.channel);
      if (senders === undefined) {
        senders = new Set(channel.senders.entries);
        sending.set(entry.channel, senders);
      }
      if (senders.has(entry.sudog)) return 'send';
      return channel.senders.complete ? 'receive' : undefined;
    },
    known(cells: readonly Cell[]): ReadonlyMap<number, Channel> {
      const out = new Map<number, Channel>();
      for (const { wait } of cells) {
        for (const { channel: address } of wait.kind === 'channel' ? wait.cases : []) {
          const channel = out.has(address) ? undefined : read(address);
          if (channel !== undefined) out.set(address, describeChannel(channel, memory, layout));
        }
      }
      return out;
    },
  };
}

function describeChannel(raw: RawChannel, memory: CoreMemory, layout: RuntimeLayout): Channel {
  const elemType = readTypeName(memory, layout, raw.elemType);
  return {
    address: raw.address,
    elemType,
    count: raw.count,
    capacity: raw.capacity,
    closed: raw.closed,
    waiters: { send: raw.senders.entries.length, receive: raw.receivers.entries.length },
    wokenFromOutside: outside(raw, elemType),
  };
}

/** Before Go 1.23 a timer's channel carries no mark; its element type tells enough. */
function outside(raw: RawChannel, elemType: string | undefined): string | undefined {
  if (raw.isTimer || elemType === 'time.Time') return 'a timer may send to it';
  if (elemType === 'os.Signal' || elemType === 'syscall.Signal') return 'a signal may arrive on it';
  return undefined;
}

const unknownLocation: Location = { function: '', file: '', line: 0 };

async function describe(
  id: string,
  group: Fold,
  { client }: SnapshotSource,
  options: CallOptions,
  limits: Set<string>,
): Promise<Signature> {
  const { first } = group;
  const frames = await stackOf(client, first.id, options, limits);
  const locate = async (pc: number): Promise<Location> => {
    const [found] = pc === 0 ? [] : await client.findLocation(globalScope, `*${pc}`, options);
    return found === undefined ? unknownLocation : toLocation(found);
  };
  const recordedStart = await locate(first.startPc);
  const current = frames[0] ?? unknownLocation;
  return {
    id,
    count: group.count,
    waitReason: first.waitReason,
    status: states[first.status] ?? 'other',
    system: isSystemStart(recordedStart.function),
    exampleIds: group.ids,
    frames,
    // Every goroutine's stack begins in goexit; Delve does not always find its way back out of C.
    ...(frames.at(-1)?.function === 'runtime.goexit' ? {} : { partial: true }),
    currentLocation: pick(current),
    userLocation: pick(frames.find((frame) => !isPrivateRuntime(frame.function)) ?? current),
    startLocation: recordedStart,
    // The recorded address is where the call returns to; one byte back lies in the call itself.
    goStatementLocation: await locate(first.goPc === 0 ? 0 : first.goPc - 1),
  };
}

async function stackOf(
  client: DelveClient,
  id: number,
  options: CallOptions,
  limits: Set<string>,
): Promise<Frame[]> {
  try {
    const frames = await client.stacktrace({ id, depth: maxDepth }, options);
    if (frames.length < maxDepth) return toFrames(frames);
    return toFrames(await client.stacktrace({ id, depth: maxDeepDepth }, options));
  } catch (error) {
    if (error instanceof LabError && error.code === 'interrupted') throw error;
    limits.add(
      `The stack of goroutine ${id} could not be read: ${error instanceof Error ? error.message : ''}`,
    );
    return [];
  }
}

/** Delve lists an inlined call as a frame of its own at the same program counter and frame as its caller. */
export function toFrames(stack: readonly Stackframe[]): Frame[] {
  return stack.map((frame, index) => {
    const outer = stack[index + 1];
    const inlined = outer !== undefined && outer.pc === frame.pc && outer.FrameOffset === frame.FrameOffset;
    return { ...toLocation(frame), index, inlined };
  });
}

function toLocation(at: {
  readonly file: string;
  readonly line: number;
  readonly function?: { readonly name: string } | null | undefined;
}): Location {
  return { function: at.function?.name ?? '', file: at.file, line: at.line };
}

const pick = ({ function: name, file, line }: Location): Location => ({ function: name, file, line });
