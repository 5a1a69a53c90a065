import { accessTo } from '../../goruntime/pools/holders.js';
import { isWindowUsedUp, openStreams, type StreamSource } from '../../goruntime/pools/streams.js';
import { readServerLayouts, readStreamLayouts } from '../../goruntime/pools/streams-layout.js';
import type { Limits } from '../model/limits.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import type { AskHeap, OpenHeap } from './open-heap.js';
import { channelsOf, stackWords, waitingIn } from './pool-source.js';
import { ownOfStreams, runsCodeOf } from './stream-pools.js';

const isWriting = (name: string) =>
  /^(?:net\/http\.\(\*http2serverConn\)|(?:net\/http\/internal|golang\.org\/x\/net)\/http2\.\(\*serverConn\))\.writeDataFromHandler$/.test(
    name,
  );

const isRequest = (name: string) => /\.\(\*(?:http2)?clientStream\)\.doRequest$/.test(name);

/**
 * Handlers of HTTP/2 that can send nothing more before somebody reads, in a process that has asked for answers itself and
 * does not read them: who has such an answer, by the key of each handler's bucket. The other side may be this very process.
 */
export async function readUnreadAnswers(
  ask: AskHeap,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<{ readonly unread: ReadonlyMap<string, string>; readonly limits: Limits }> {
  const writers = waitingIn(snapshot, isWriting);
  if (writers.length === 0) return { unread: new Map(), limits: [] };
  const { found, limits } = await ask('Who has answers of HTTP/2', new Map<string, string>(), (heap) =>
    look(writers, heap, snapshot, signal),
  );
  return { unread: found, limits };
}

async function look(writers: readonly Bucket[], heap: OpenHeap, snapshot: Snapshot, signal: AbortSignal) {
  const { evaluate, spans, reach, known, holderOf } = heap;
  const { memory, runtime } = reach;
  const at = runtime.allgs.base;
  const servers = await readServerLayouts(evaluate, at, signal);
  const usedUp = writers.filter((bucket) =>
    isWindowUsedUp(
      { memory, spans },
      servers.filter((one) => runsCodeOf(bucket, isWriting, one)),
      stackWords(bucket, heap),
      new Set(channelsOf(bucket)),
    ),
  );
  const out = new Map<string, string>();
  if (usedUp.length === 0) return out;
  // Each stream of a client has a goroutine of its library.
  const clients = waitingIn(snapshot, isRequest);
  const layouts = (await readStreamLayouts(evaluate, at, signal)).filter(({ client }) =>
    clients.some((bucket) => runsCodeOf(bucket, isRequest, client)),
  );
  const source: StreamSource = { memory, spans, layouts, closed: runtime.hchan.closed };
  const open = layouts.flatMap((layout) => [...openStreams(source, layout)]);
  const unread = open.filter(({ stream: { answered, window } }) => answered && window === 0);
  if (unread.length === 0) return out;
  const own = [...new Set(unread.map(({ connection }) => connection))];
  const units = unread.map(({ stream }) => ({ objects: [stream.address] }));
  const { served, mayHold, reads } = ownOfStreams(snapshot, known, holderOf);
  const access = await accessTo(reach, spans, { own, units, served, mayHold }, signal);
  const live = new Set(snapshot.buckets.flatMap(({ key, wait }) => (wait.kind === 'live' ? [key] : [])));
  for (const { holders } of access) {
    const found = holders.flatMap((one) => holderOf(one) ?? []);
    const [first] = found;
    // Whoever reads makes room again, and so does who goes on to.
    if (first === undefined || found.some((one) => reads(one) || live.has(one.bucket))) continue;
    const { goroutine, frame } = first;
    const who = `goroutine ${goroutine} in ${frame.function} (${frame.file}:${frame.line})`;
    const why = `it can send no more before its client reads, and ${who} has an answer that it does not read`;
    for (const { key } of usedUp) out.set(key, why);
  }
  return out;
}
