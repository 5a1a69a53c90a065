import { readContextLayout } from '../../goruntime/contexts.js';
import { withoutParents } from '../../goruntime/pools/contexts.js';
import { accessTo, type UnitHolder } from '../../goruntime/pools/holders.js';
import {
  fullConnection,
  type OpenStream,
  type StreamConnection,
  type StreamSource,
  wantedStream,
} from '../../goruntime/pools/streams.js';
import { readStreamLayouts } from '../../goruntime/pools/streams-layout.js';
import { isLibraryFunction } from '../../source/library-paths.js';
import { countOf } from '../model/counts.js';
import { isStreamCode } from '../model/frames.js';
import type { Pool, PoolUnit } from '../model/pool.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import type { FoundHolder, OpenHeap } from './open-heap.js';
import { asHolder, channelsOf, isBelow, stackWords } from './pool-source.js';
import { type HandlerOf, ownHandlers } from './served-streams.js';

/** It asks for a stream, and may have one already: then it waits for the answer. */
export const isStreamWait = (name: string) =>
  /^(?:net\/http\.\(\*http2ClientConn\)|(?:net\/http\/internal|golang\.org\/x\/net)\/http2\.\(\*ClientConn\))\.[rR]oundTrip$/.test(
    name,
  ) || name === 'google.golang.org/grpc/internal/transport.(*http2Client).NewStream';

/** It reads what the server sends, which has yet to come. */
export const isReading = (name: string) =>
  /\.\(\*(?:http2)?pipe\)\.Read$|\.(?:http2)?transportResponseBody\.Read$|^google\.golang\.org\/grpc\/internal\/transport\.\(\*(?:recvBufferReader|ClientStream|Stream)\)\./.test(
    name,
  );

/** Connections of HTTP/2, gRPC's among them, of which goroutines wait for a stream and all are in use. */
export async function streamLimits(
  waiting: readonly Bucket[],
  heap: OpenHeap,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<readonly Pool[]> {
  if (waiting.length === 0) return [];
  const { memory, runtime } = heap.reach;
  const { evaluate, spans } = heap;
  const layouts = await readStreamLayouts(evaluate, runtime.allgs.base, signal);
  if (layouts.length === 0) return [];
  const source: StreamSource = { memory, spans, layouts, closed: runtime.hchan.closed };
  const contexts = await readContextLayout(evaluate, runtime.allgs.base, signal);
  const told = new Set(waiting.flatMap(channelsOf));
  const endless =
    contexts === undefined || runtime.types === undefined
      ? new Set<number>()
      : withoutParents({ memory, spans, types: runtime.types, layout: contexts }, told);
  const pools: Pool[] = [];
  const handlerOf = await ownHandlers(heap, snapshot, signal);
  const mayGiveUp = givesUp(snapshot, endless);
  for (const [connection, { channels, closing, buckets }] of fullConnections(waiting, source, heap)) {
    const { address, layout, limit, open } = connection;
    const around = { asks: buckets, handlerOf, mayGiveUp };
    const units = await unitsOf(connection, around, heap, snapshot, signal);
    pools.push({
      ...{ kind: 'resources', type: layout.client.type, goType: layout.client.goType, address },
      ...{ unit: 'stream', limitedBy: limitedBy(units), limit, open },
      ...{ waiting: channels, asking: countOf(buckets), silent: new Set([...endless, ...closing]) },
      units,
    });
  }
  return pools;
}

interface Asking {
  readonly channels: Set<number>;
  readonly closing: Set<number>;
  readonly buckets: Bucket[];
}

/** Each connection that somebody waits for a stream of, with the channels by which that would be told. */
function fullConnections(waiting: readonly Bucket[], source: StreamSource, heap: OpenHeap) {
  const known = new Map<number, StreamConnection | undefined>();
  const out = new Map<StreamConnection, Asking>();
  for (const bucket of waiting) {
    // Copies of one library are laid out much alike.
    const layouts = source.layouts.filter(({ client }) => runsCodeOf(bucket, isStreamWait, client));
    const wanted = wantedStream(
      { ...source, layouts },
      stackWords(bucket, heap),
      new Set(channelsOf(bucket)),
    );
    if (wanted === undefined) continue;
    const { connection: address, channel, closing } = wanted;
    if (!known.has(address)) known.set(address, fullConnection(source, wanted));
    const connection = known.get(address);
    if (connection === undefined) continue;
    const asking = out.get(connection) ?? { channels: new Set(), closing: new Set(), buckets: [] };
    asking.channels.add(channel);
    for (const one of closing) asking.closing.add(one);
    asking.buckets.push(bucket);
    out.set(connection, asking);
  }
  return out;
}

interface Around {
  readonly asks: readonly Bucket[];
  readonly handlerOf: HandlerOf;
  readonly mayGiveUp: (stream: OpenStream) => boolean;
}

/** The streams, each with who has its answer, or its call, or is yet to answer. */
async function unitsOf(
  { address: connection, layout, streams }: StreamConnection,
  { asks, handlerOf, mayGiveUp }: Around,
  { reach, spans, known, holderOf }: OpenHeap,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<readonly PoolUnit[]> {
  const isHttp = layout.client.kind === 'http';
  const { goroutinesOf, served, mayHold, reads } = ownOfStreams(snapshot, known, holderOf);
  const asking = goroutinesOf(asks);
  const units = streams.map(({ address }) => ({ objects: [address] }));
  const places = { own: [connection], units, served, mayHold, asking };
  const access = await accessTo(reach, spans, places, signal);
  return streams.map((stream, i): PoolUnit => {
    const { address } = stream;
    const { holders: all, elsewhere } = access[i] ?? { holders: [], elsewhere: true };
    const holders = all.map(holderOf);
    const found = holders.flatMap((one) => one ?? []);
    const handler =
      isHttp && !stream.answered ? handlerOf(layout.client.path, connection, stream.id) : undefined;
    // The other side is this very process: the stream ends with its handler.
    if (handler !== undefined && !handler.hasDeadline)
      return {
        ...{ address, handle: request, holders: [handler.holder], elsewhere: false },
        ...(mayGiveUp(stream) ? { endedBy: 'who waits for an answer may give up' } : {}),
      };
    // Its answer, or the next part of it, has yet to come: that is for the other side.
    if ((isHttp && !stream.answered) || found.some(reads))
      return { address, holders: [], elsewhere: false, endedBy: theServer };
    return {
      ...{ address, handle: isHttp ? answer : call, holders: found.map(asHolder) },
      ...{ elsewhere: elsewhere || holders.includes(undefined), endedBy: endedBy(stream) },
    };
  });
}

const answer = { type: 'http.Response', givenBackBy: 'Body.Close' };
const limitedBy = (units: readonly PoolUnit[]): string =>
  `MaxConcurrentStreams of the server${units.some(({ handle }) => handle === request) ? ', which is this very process' : ''}`;

const request = { type: 'http.Request', givenBackBy: 'the return of its handler' };
const call = { type: 'grpc.ClientStream', givenBackBy: 'the end of its context, or Recv until io.EOF' };

const theServer = 'the server has yet to answer on a stream';

/** Who waits for the answer on a stream, or sees to it, is told by something else too: a context, a timer. */
function givesUp({ buckets }: Snapshot, endless: ReadonlySet<number>) {
  const told = buckets.map(channelsOf);
  return ({ ends }: OpenStream): boolean =>
    told.some(
      (channels) =>
        channels.some((one) => ends.has(one)) && !channels.every((one) => ends.has(one) || endless.has(one)),
    );
}

const endedBy = ({ window }: OpenStream): string =>
  window === 0
    ? 'the server may break a stream off, on which it can send nothing more until somebody reads'
    : 'the server may end a stream by itself';

/** What is looked at to tell who has a stream. */
export function ownOfStreams(
  { buckets }: Snapshot,
  known: OpenHeap['known'],
  holderOf: OpenHeap['holderOf'],
) {
  const goroutinesOf = (all: readonly Bucket[]) =>
    new Set(all.flatMap(({ ids }) => ids.flatMap((id) => known.get(id) ?? [])));
  // The library's own goroutines have each stream too, and give none back by themselves.
  const served = goroutinesOf(
    buckets.filter(({ signature }) =>
      signature.frames.every((one) => isLibraryFunction(one) || isStreamCode(one.function)),
    ),
  );
  // A function of the library cannot give one back: the pointer is what an earlier call has left there.
  const mayHold = (one: UnitHolder) => {
    const [first, ...outer] = holderOf(one)?.inner ?? [];
    if (first === undefined) return true;
    const owner = outer.findLast(({ offset }) => offset === first.offset) ?? first;
    return !isLibraryFunction(owner) && !isStreamCode(owner.function);
  };
  const signatures = new Map(buckets.map(({ key, signature }) => [key, signature]));
  const reads = ({ bucket }: FoundHolder) => {
    const signature = signatures.get(bucket);
    return signature !== undefined && isBelow(signature, isReading);
  };
  return { goroutinesOf, served, mayHold, reads };
}

/** Whether the function that a goroutine is in is of that very copy of a library. */
export const runsCodeOf = (
  { signature }: Bucket,
  isIt: (name: string) => boolean,
  { path }: { readonly path: string },
): boolean => isBelow(signature, (name) => isIt(name) && name.startsWith(`${path}.`));
