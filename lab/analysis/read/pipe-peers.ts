import type { UnitHolder } from '../../goruntime/pools/holders.js';
import { existing, nearStacks } from '../../goruntime/pools/near-stacks.js';
import { goroutineStatus, scanBit } from '../../goruntime/status.js';
import { isLiveReason } from '../../goruntime/wait-reasons.js';
import type { Limits } from '../model/limits.js';
import { type PipeEnd, pipeEndOf } from '../model/pipe-ends.js';
import type { PipePeers } from '../model/pipes.js';
import type { StackHolder } from '../model/pool.js';
import type { Bucket, ChannelCase, Snapshot } from '../model/snapshot.js';
import type { AskHeap, OpenHeap } from './open-heap.js';

/** Buckets that wait in pipes which are asked one by one what they have: each may be the peer of another one. */
const mostAsked = 200;

/** Who might come to the other ends of the pipes that goroutines wait in; where that cannot be told, `limits` says so. */
export async function readPipePeers(
  ask: AskHeap,
  { buckets, channels }: Snapshot,
  signal: AbortSignal,
): Promise<{ readonly peers: ReadonlyMap<number, PipePeers> | undefined; readonly limits: Limits }> {
  const at = (end: PipeEnd['end']) =>
    buckets.flatMap((bucket) => (pipeEndOf(bucket)?.end === end ? [inPipe(bucket, end, channels)] : []));
  const [writers, readers] = [at('write'), at('read')];
  if (writers.length + readers.length === 0) return { peers: new Map(), limits: [] };
  const { found, limits } = await ask('Who has the other ends of pipes', undefined, async (heap) => {
    const ofReaders = await peersOf(readers, heap, signal);
    return new Map([...ofReaders, ...(await peersOf(writers, heap, signal))]);
  });
  return { peers: found, limits };
}

interface InPipe {
  readonly bucket: Bucket;
  /** What a write waits for, somebody who takes it, or a read, somebody who brings it. */
  readonly data: readonly number[];
}

function inPipe(bucket: Bucket, end: PipeEnd['end'], channels: Snapshot['channels']): InPipe {
  const cases = bucket.wait.kind === 'channel' ? bucket.wait.cases : [];
  const carries = ({ channel, direction }: ChannelCase) =>
    end === 'write'
      ? direction === 'send'
      : direction === 'receive' && /^\[\](?:uint8|byte)$/.test(channels.get(channel)?.elemType ?? '');
  return { bucket, data: cases.filter(carries).map(({ channel }) => channel) };
}

async function peersOf(
  inPipes: readonly InPipe[],
  heap: OpenHeap,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, PipePeers>> {
  if (inPipes.length === 0) return new Map();
  const { spans, known, holderOf } = heap;
  const reach = await heap.needed();
  const { near, unknown } = { near: new Map<number, StackHolder[]>(), unknown: new Set<number>() };
  const channelOf = new Map<number, number>();
  for (const channel of inPipes.flatMap(({ data }) => data)) channelOf.set(spans.objectAt(channel), channel);
  const wanted = new Set(channelOf.keys());
  const note = (object: number, holder: UnitHolder) => {
    const channel = channelOf.get(object) ?? 0;
    const told = holderOf(holder);
    if (told === undefined) unknown.add(channel);
    else near.set(channel, [...(near.get(channel) ?? []), told]);
  };
  const waiting = new Set(inPipes.flatMap(({ bucket: { ids } }) => ids.map((id) => known.get(id) ?? 0)));
  const others = existing(reach, signal).filter((g) => !waiting.has(g));
  let cutShort = inPipes.length > mostAsked;
  const look = async (goroutines: readonly number[], objects: ReadonlySet<number>) => {
    const looked = await nearStacks(reach, spans, goroutines, objects, signal);
    for (const [object, holder] of looked.holders) note(object, holder);
    cutShort ||= looked.cutShort;
  };
  const live = others.filter((g) => isLive(g, heap));
  const blocked = others.filter((g) => !isLive(g, heap));
  await look(live, wanted);
  await look(blocked, wanted);
  // Who writes to one pipe may read from another one.
  for (const { bucket, data } of inPipes.slice(0, mostAsked)) {
    const own = new Set(data);
    const rest = new Set([...wanted].filter((object) => !own.has(channelOf.get(object) ?? 0)));
    const [first = 0] = bucket.ids;
    if (rest.size > 0) await look([known.get(first) ?? 0], rest);
  }
  return new Map(
    [...channelOf.values()].map((channel) => [
      channel,
      { near: near.get(channel) ?? [], unknown: cutShort || unknown.has(channel) },
    ]),
  );
}

function isLive(g: number, { reach: { memory, runtime } }: OpenHeap): boolean {
  const status = (memory.u32(g + runtime.g.status) ?? 0) & ~scanBit;
  if (status !== goroutineStatus.waiting) return true;
  return isLiveReason(runtime.waitReasons[memory.u8(g + runtime.g.waitReason) ?? 0] ?? '');
}
