import type { BulkMemory } from '../../core/memory.js';
import { mayHold, objectsLike } from '../heap/objects.js';
import type { HeapSpans } from '../heap/spans.js';
import type { HostLayout, HttpLayout } from './http-layout.js';

/** The connections of an `http.Transport` to one host, none of which is left for those who wait. */
export interface HostPool {
  /** Address of the transport. */
  readonly transport: number;
  /** `example.com:443` */
  readonly host: string;
  readonly limit: number;
  /** Addresses of the connections that are open. */
  readonly connections: readonly number[];
}

export interface HttpSource {
  readonly memory: BulkMemory;
  readonly spans: HeapSpans;
  readonly layout: HttpLayout;
}

const mostBytes = 1_000;
/** Larger limits keep nobody waiting for long. */
const mostConnections = 10_000;

/** What a request waits for that has a channel, among what some words lead to: proxy, scheme and address of the host. */
export function wantedHost(
  { memory, spans, layout: { wanted } }: HttpSource,
  words: Iterable<number>,
  channel: number,
): readonly [proxy: string, scheme: string, address: string] | undefined {
  for (const word of words) {
    const object = spans.objectAt(word);
    if (object < 0) continue;
    const span = spans.lastSpan();
    if (!mayHold(spans, span, wanted.least) || spans.startOf(object, span) !== word) continue;
    if (memory.u64(word + wanted.channel) === channel) return readHost(memory, word, wanted.host);
  }
  return undefined;
}

/** The pool that such a request waits for; `undefined` where it may still get a connection of its own. */
export function hostPool(
  source: HttpSource,
  words: ReadonlySet<number>,
  host: readonly string[],
): HostPool | undefined {
  const { memory, spans, layout } = source;
  const { connection, transport } = layout;
  const open = new Map<number, number[]>();
  for (const at of objectsLike(spans, connection.least)) {
    const of = memory.u64(at + connection.transport) ?? 0;
    if (!words.has(of) || memory.u64(at + connection.closed) !== 0 || memory.u64(at + connection.other) !== 0)
      continue;
    const own = readHost(memory, at, connection.host);
    if (own === undefined || own.some((part, i) => part !== host[i])) continue;
    const known = open.get(of);
    if (known === undefined) open.set(of, [at]);
    else known.push(at);
  }
  for (const [address, connections] of open) {
    const limit = memory.u64(address + transport.maxPerHost) ?? 0;
    if (limit > 0 && limit <= mostConnections && connections.length === limit)
      return { transport: address, host: host[2] ?? '', limit, connections };
  }
  return undefined;
}

/** Addresses of the bodies, garbage among them, that tell one of some channels when they are closed early. */
export function openBodies(
  { memory, spans, layout: { body } }: HttpSource,
  channels: ReadonlySet<number>,
): ReadonlyMap<number, number> {
  const out = new Map<number, number>();
  for (const at of objectsLike(spans, body.least)) {
    if (memory.u8(at + body.closed) !== 0) continue;
    // An interface's first word leads out of the heap, and so does that of a function with variables of its own.
    const table = memory.u64(at + body.inner) ?? 0;
    const onClose = memory.u64(at + body.onEarlyClose) ?? 0;
    const object = spans.objectAt(onClose);
    if (table === 0 || object < 0) continue;
    const size = spans.sizeOf(spans.lastSpan());
    if (spans.objectAt(table) >= 0) continue;
    for (let i = 8; i + 8 <= size; i += 8) {
      const word = memory.u64(onClose + i) ?? 0;
      if (channels.has(word)) out.set(word, at);
    }
  }
  return out;
}

function readHost(
  memory: BulkMemory,
  at: number,
  host: HostLayout,
): readonly [string, string, string] | undefined {
  const [proxy, scheme, address] = host.map((field) => readString(memory, at + field));
  if (proxy === undefined || scheme === undefined || address === undefined || address === '')
    return undefined;
  return [proxy, scheme, address];
}

function readString(memory: BulkMemory, at: number): string | undefined {
  const data = memory.u64(at);
  const length = memory.u64(at + 8);
  if (data === undefined || length === undefined || length > mostBytes) return undefined;
  return length === 0 ? '' : memory.bytes(data, length)?.toString('utf8');
}
