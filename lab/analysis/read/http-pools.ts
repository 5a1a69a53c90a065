import { readContextLayout } from '../../goruntime/contexts.js';
import { withoutParents } from '../../goruntime/pools/contexts.js';
import { accessTo } from '../../goruntime/pools/holders.js';
import {
  type HostPool,
  type HttpSource,
  hostPool,
  openBodies,
  wantedHost,
} from '../../goruntime/pools/http.js';
import { readHttpLayout } from '../../goruntime/pools/http-layout.js';
import type { Pool, PoolUnit } from '../model/pool.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import type { OpenHeap } from './open-heap.js';
import { asHolder, channelsOf, isBelow, stackWords, waitingIn } from './pool-source.js';

export const isClientWait = (name: string) => name === 'net/http.(*Transport).getConn';
const isReader = (name: string) => name === 'net/http.(*persistConn).readLoop';
const isWriter = (name: string) => name === 'net/http.(*persistConn).writeLoop';

/** Clients of HTTP of which goroutines wait for a connection to a host, as `MaxConnsPerHost` limits them. */
export async function httpClients(
  waiting: readonly Bucket[],
  heap: OpenHeap,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<readonly Pool[]> {
  if (waiting.length === 0) return [];
  const { evaluate, spans } = heap;
  const { memory, runtime } = heap.reach;
  const layout = await readHttpLayout(evaluate, runtime.allgs.base, signal);
  if (layout === undefined) return [];
  const source: HttpSource = { memory, spans, layout };
  const pools: Pool[] = [];
  const contexts = await readContextLayout(evaluate, runtime.allgs.base, signal);
  for (const [pool, channels] of hostPools(waiting, source, heap)) {
    const asking = waiting.filter((bucket) => channelsOf(bucket).some((channel) => channels.has(channel)));
    const readers = readersOf(pool.connections, source, snapshot);
    const { types } = runtime;
    const told = new Set([...asking, ...readers.values()].flatMap(channelsOf));
    // The transport gives each request a context of its own, which it ends itself, later.
    const silent =
      contexts === undefined || types === undefined
        ? new Set<number>()
        : withoutParents({ memory, spans, types, layout: contexts }, told);
    const units = await unitsOf(pool, { readers, silent }, { source, heap, snapshot }, signal);
    pools.push({
      ...{ kind: 'resources', type: 'http.Transport', goType: 'net/http.Transport', address: pool.transport },
      ...{ unit: 'connection', limitedBy: `MaxConnsPerHost, for ${pool.host}`, limit: pool.limit },
      ...{ open: pool.connections.length, waiting: channels, silent, units },
    });
  }
  return pools;
}

/** Each host that goroutines wait for, with the channels by which they would get a connection. */
function hostPools(
  waiting: readonly Bucket[],
  source: HttpSource,
  heap: OpenHeap,
): ReadonlyMap<HostPool, ReadonlySet<number>> {
  const known = new Map<string, HostPool | undefined>();
  const out = new Map<HostPool, Set<number>>();
  for (const bucket of waiting) {
    const words = new Set(stackWords(bucket, heap));
    for (const channel of channelsOf(bucket)) {
      const host = wantedHost(source, words, channel);
      if (host === undefined) continue;
      // Whoever waits has its own pointer to the transport: another one may have the same host.
      const found = [...out.keys()].find((pool) => words.has(pool.transport) && pool.host === host[2]);
      const key = `${host.join(' ')} ${found?.transport ?? channel}`;
      if (!known.has(key)) known.set(key, found ?? hostPool(source, words, host));
      const pool = known.get(key);
      if (pool !== undefined) out.set(pool, (out.get(pool) ?? new Set()).add(channel));
    }
  }
  return out;
}

interface Within {
  readonly source: HttpSource;
  readonly heap: OpenHeap;
  readonly snapshot: Snapshot;
}

/** The connections, each with the body of its answer and who has that. */
async function unitsOf(
  { transport, connections }: HostPool,
  { readers, silent }: { readonly readers: Readers; readonly silent: ReadonlySet<number> },
  { source, heap, snapshot }: Within,
  signal: AbortSignal,
): Promise<readonly PoolUnit[]> {
  const { reach, spans, known, holderOf } = heap;
  const bodies = openBodies(source, new Set([...readers.values()].flatMap(channelsOf)));
  const bodyOf = (connection: number) => {
    const reader = readers.get(connection);
    return reader && channelsOf(reader).flatMap((channel) => bodies.get(channel) ?? [])[0];
  };
  const own = snapshot.buckets.filter(
    ({ signature }) => isBelow(signature, isReader) || isBelow(signature, isWriter),
  );
  const served = new Set(own.flatMap(({ ids }) => ids.flatMap((id) => known.get(id) ?? [])));
  const held = connections.flatMap((connection) => bodyOf(connection) ?? []);
  const units = held.map((body) => ({ objects: [body] }));
  const access = await accessTo(reach, spans, { own: [transport, ...connections], units, served }, signal);
  return connections.map((address): PoolUnit => {
    const body = bodyOf(address);
    const reader = readers.get(address);
    // Its answer has yet to come: that is for the other side to end.
    if (reader === undefined || !waitsForBody(reader, snapshot))
      return { address, holders: [], elsewhere: true };
    // A body that nothing leads to may have been collected.
    const { holders: all, elsewhere } =
      body === undefined ? { holders: [], elsewhere: false } : (access[held.indexOf(body)] ?? unknownAccess);
    const holders = all.map(holderOf);
    const closing = source.memory.u64(address + source.layout.connection.closing);
    const endsOtherwise = channelsOf(reader).some(
      (channel) => !isBuffered(channel, snapshot) && !silent.has(channel) && channel !== closing,
    );
    return {
      ...{ address, handle: { type: 'http.Response', givenBackBy: 'Body.Close' } },
      holders: holders.flatMap((one) => (one === undefined ? [] : asHolder(one))),
      // The end of the request's context frees it too.
      elsewhere: elsewhere || holders.includes(undefined) || endsOtherwise,
    };
  });
}

/** By connection, whoever reads from it and waits until the body of an answer was read or closed. */
type Readers = ReadonlyMap<number, Bucket>;

const unknownAccess = { holders: [], elsewhere: true };

/** By a channel with room it is told that the body was read or closed; all others are closed only. */
const isBuffered = (channel: number, { channels }: Snapshot) => (channels.get(channel)?.capacity ?? 0) > 0;

const waitsForBody = (reader: Bucket, snapshot: Snapshot) =>
  channelsOf(reader).some((channel) => isBuffered(channel, snapshot));

function readersOf(
  connections: readonly number[],
  { memory, layout }: HttpSource,
  snapshot: Snapshot,
): Readers {
  const closing = new Map(connections.map((one) => [memory.u64(one + layout.connection.closing) ?? 0, one]));
  const out = new Map<number, Bucket>();
  for (const bucket of waitingIn(snapshot, isReader)) {
    const [connection] = channelsOf(bucket).flatMap((channel) => closing.get(channel) ?? []);
    if (connection !== undefined) out.set(connection, bucket);
  }
  return out;
}
