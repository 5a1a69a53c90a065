import { readOwnStreams, type ServedStream } from '../../goruntime/pools/own-streams.js';
import { isLibraryFunction } from '../../source/library-paths.js';
import { type Frame, isPoolCode } from '../model/frames.js';
import type { PoolHolder } from '../model/pool.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import type { OpenHeap } from './open-heap.js';
import { stackWordsOf } from './pool-source.js';

/** A goroutine that works on a request which this very process has made over HTTP/2. */
export interface OwnHandler {
  readonly holder: PoolHolder;
  /** A timer may end the stream without it. */
  readonly hasDeadline: boolean;
}

/** Who answers on a stream of a client's connection, where that is certain. */
export type HandlerOf = (path: string, connection: number, id: number) => OwnHandler | undefined;

const runs =
  /^(?:net\/http\.\(\*http2serverConn\)|(?:net\/http\/internal|golang\.org\/x\/net)\/http2\.\(\*serverConn\))\.runHandler$/;

/** The handlers of HTTP/2 in this process, to be found by the connection and the stream that they answer on. */
export async function ownHandlers(
  heap: OpenHeap,
  { buckets }: Snapshot,
  signal: AbortSignal,
): Promise<HandlerOf> {
  const handling = buckets.filter(({ signature }) => signature.frames.some((one) => runs.test(one.function)));
  const { memory, runtime } = heap.reach;
  const own =
    handling.length === 0
      ? undefined
      : await readOwnStreams(memory, heap.evaluate, runtime.allgs.base, signal);
  if (own === undefined) return () => undefined;
  const served: { readonly stream: ServedStream; readonly holder: PoolHolder }[] = [];
  for (const bucket of handling) {
    const frame = handlerFrame(bucket);
    if (frame === undefined) continue;
    for (const id of bucket.ids) {
      const holder = { bucket: bucket.key, goroutine: id, frame };
      for (const stream of own.servedBy(stackWordsOf(id, heap))) served.push({ stream, holder });
    }
  }
  return (path, connection, id) => {
    const ends = own.endsOf(path, connection);
    if (ends === undefined) return undefined;
    const found = served.filter(
      ({ stream }) =>
        stream.path === path &&
        stream.id === id &&
        stream.local === ends.remote &&
        stream.remote === ends.local,
    );
    const [first] = found;
    // What an earlier request has left on a stack may look like one that is being answered.
    if (first === undefined || found.length > 1) return undefined;
    return { holder: first.holder, hasDeadline: first.stream.hasDeadline };
  };
}

/** The outermost function of the program: the handler. */
const handlerFrame = ({ signature: { frames } }: Bucket): Frame | undefined =>
  frames.findLast((frame) => !isLibraryFunction(frame) && !isPoolCode(frame.function));
