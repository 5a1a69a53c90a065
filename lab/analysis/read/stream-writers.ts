import { type FullStream, readFullStreams, transportPath } from '../../goruntime/pools/grpc-writers.js';
import { existing, nearStacks } from '../../goruntime/pools/near-stacks.js';
import { isLibraryFunction } from '../../source/library-paths.js';
import { isStreamCode } from '../model/frames.js';
import type { Limits } from '../model/limits.js';
import type { Bucket, Snapshot, StreamWriter } from '../model/snapshot.js';
import type { AskHeap, OpenHeap } from './open-heap.js';
import { channelsOf, isBelow, stackWords, waitingIn } from './pool-source.js';
import { ownOfStreams } from './stream-pools.js';

const isFull = (name: string) => name === `${transportPath}.(*writeQuota).get`;
const ofClient = (name: string) => name.startsWith(`${transportPath}.(*http2Client).`);

interface Writer {
  readonly bucket: Bucket;
  readonly stream: FullStream;
}

/**
 * Goroutines of this process that wait to send on the two ends of one stream of gRPC, and whom no other goroutine has to read
 * there: why neither goes on, by the key of each one's bucket.
 */
export async function readStreamWriters(
  ask: AskHeap,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<{ readonly writers: ReadonlyMap<string, StreamWriter>; readonly limits: Limits }> {
  const full = waitingIn(snapshot, isFull);
  if (full.length < 2) return { writers: new Map(), limits: [] };
  const { found, limits } = await ask(
    'Who sends to whom over gRPC',
    new Map<string, StreamWriter>(),
    (heap) => look(full, heap, snapshot, signal),
  );
  return { writers: found, limits };
}

async function look(full: readonly Bucket[], heap: OpenHeap, snapshot: Snapshot, signal: AbortSignal) {
  const { evaluate, reach } = heap;
  const streamsOf = await readFullStreams(reach.memory, evaluate, reach.runtime.allgs.base, signal);
  const out = new Map<string, StreamWriter>();
  const writers = full.flatMap((bucket): Writer[] => {
    const side = isBelow(bucket.signature, ofClient) ? 'client' : 'server';
    // Each goroutine waits for a channel of its own.
    const streams =
      bucket.count === 1 ? streamsOf?.(side, stackWords(bucket, heap), new Set(channelsOf(bucket))) : [];
    return (streams ?? []).map((stream) => ({ bucket, stream }));
  });
  for (const one of writers) {
    const other = writers.find(({ stream }) => isOtherEnd(stream, one.stream));
    if (other !== undefined && (await areAlone([one, other], heap, snapshot, signal)))
      out.set(one.bucket.key, { room: one.stream.room, why: whyOf(other) });
  }
  return out;
}

const isOtherEnd = (a: FullStream, b: FullStream): boolean =>
  a.id === b.id && a.local === b.remote && a.remote === b.local;

/** No other goroutine has either end at hand, to read what has come there. */
async function areAlone(
  pair: readonly Writer[],
  { needed, spans, known, holderOf }: OpenHeap,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<boolean> {
  const source = await needed();
  const { served, goroutinesOf } = ownOfStreams(snapshot, known, holderOf);
  const own = goroutinesOf(pair.map(({ bucket }) => bucket));
  const others = existing(source, signal).filter((g) => !own.has(g) && !served.has(g));
  const streams = new Set(pair.map(({ stream }) => spans.objectAt(stream.address)));
  const { holders, cutShort } = await nearStacks(source, spans, others, streams, signal);
  return holders.size === 0 && !cutShort;
}

function whyOf({ bucket: { ids, signature } }: Writer): string {
  const frame = signature.frames.find((one) => !isLibraryFunction(one) && !isStreamCode(one.function));
  const { function: name, file, line } = frame ?? signature.userLocation;
  return `it can send no more before the other end of its stream reads, and goroutine ${ids[0]} in ${name} (${file}:${line}), which has that, waits to send on the same stream`;
}
