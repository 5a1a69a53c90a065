import type { BulkMemory } from '../../core/memory.js';
import { mayHold, objectsLike } from '../heap/objects.js';
import type { HeapSpans } from '../heap/spans.js';
import type { ServerLayout, StreamLayout } from './streams-layout.js';

/** A connection of HTTP/2 all of whose streams are in use. */
export interface StreamConnection {
  readonly address: number;
  readonly layout: StreamLayout;
  readonly limit: number;
  /** How many streams are open, as the connection counts them. */
  readonly open: number;
  /** Those that were found. */
  readonly streams: readonly OpenStream[];
}

export interface OpenStream {
  readonly address: number;
  readonly id: number;
  /** Channels that are closed by its own connection alone. */
  readonly ends: ReadonlySet<number>;
  /** The answer has begun. */
  readonly answered: boolean;
  /** Bytes that the server may still send on it before somebody reads; `undefined` where that is not kept. */
  readonly window: number | undefined;
}

export interface StreamSource {
  readonly memory: BulkMemory;
  readonly spans: HeapSpans;
  readonly layouts: readonly StreamLayout[];
  /** Offset of `closed` in a channel. */
  readonly closed: number;
}

/** What a request waits for that has no stream yet. */
export interface WantedStream {
  readonly layout: StreamLayout;
  /** Address of the connection. */
  readonly connection: number;
  /** The channel that tells of it; those that tell of the end of the connection. */
  readonly channel: number;
  readonly closing: readonly number[];
}

/** Larger limits keep nobody waiting for long. */
const mostStreams = 10_000;

/** Since Go 1.22 larger objects begin with a word of the heap's own. */
const header = 8;
const isStart = (offset: number) => offset === 0 || offset === header;

/** The stream that is waited for by one of some channels, as some words lead to it. */
export function wantedStream(
  { memory, spans, layouts }: StreamSource,
  words: Iterable<number>,
  channels: ReadonlySet<number>,
): WantedStream | undefined {
  for (const word of words) {
    const object = spans.objectAt(word);
    if (object < 0) continue;
    const span = spans.lastSpan();
    const offset = word - spans.startOf(object, span);
    for (const layout of layouts) {
      const { connection, stream } = layout;
      if (!isStart(offset - stream.inset) || !mayHold(spans, span, stream.least)) continue;
      const address = memory.u64(word + stream.connection) ?? 0;
      const { available, closing } = connection;
      const channel = memory.u64(available === undefined ? word + stream.answered : address + available) ?? 0;
      if (!channels.has(channel)) continue;
      const ends =
        stream.aborted === undefined
          ? closing.map((offset) => memory.u64(address + offset) ?? 0)
          : [memory.u64(word + stream.aborted) ?? 0];
      if (!ends.some((end) => channels.has(end))) continue;
      if (idOf(memory, word, layout) !== 0) return undefined;
      return { layout, connection: address, channel, closing: ends };
    }
  }
  return undefined;
}

/** That connection, where none of its streams is left. */
export function fullConnection(
  source: StreamSource,
  { layout, connection: address }: WantedStream,
): StreamConnection | undefined {
  const { memory } = source;
  const { connection } = layout;
  const limit = memory.u32(address + connection.limit) ?? 0;
  // Maps of every Go begin with the count of what they have.
  const open = memory.u64(memory.u64(address + connection.streams) ?? 0) ?? 0;
  if (limit === 0 || limit > mostStreams || open < limit || open > mostStreams) return undefined;
  const streams = [...openStreams(source, layout, address)].map(({ stream }) => stream);
  return { address, layout, limit, open, streams };
}

/** The streams that are open, of one connection or of all that a client has. */
export function* openStreams(
  { memory, spans, closed }: StreamSource,
  layout: StreamLayout,
  only?: number,
): Generator<{ readonly connection: number; readonly stream: OpenStream }> {
  const { stream } = layout;
  const isClosed = (channel: number | undefined) =>
    channel !== undefined && channel !== 0 && memory.u32(channel + closed) !== 0;
  for (const slot of objectsLike(spans, stream.least)) {
    for (const at of [slot + stream.inset, slot + header + stream.inset]) {
      const connection = memory.u64(at + stream.connection) ?? 0;
      if (only === undefined ? !isConnection(memory, spans, connection, layout) : connection !== only)
        continue;
      const id = idOf(memory, at, layout);
      if (id === 0 || isClosed(memory.u64(at + stream.done))) continue;
      const own = windowAt(memory, at, stream.window);
      const shared = windowAt(memory, connection, layout.connection.window);
      const window =
        own === undefined || shared === undefined ? undefined : Math.max(0, Math.min(own, shared));
      const answered = isClosed(memory.u64(at + stream.answered));
      const { done, aborted, peerClosed } = stream;
      const channels = [done, stream.answered, aborted, peerClosed];
      const ends = new Set(
        channels.flatMap((offset) => (offset === undefined ? [] : (memory.u64(at + offset) ?? []))),
      );
      yield { connection, stream: { address: at, id, ends, answered, window } };
    }
  }
}

/** A limit that makes sense, and a map that is there: what only has the size of a stream has no such pointer. */
function isConnection(
  memory: BulkMemory,
  spans: HeapSpans,
  at: number,
  { connection }: StreamLayout,
): boolean {
  if (spans.objectAt(at) < 0 || !mayHold(spans, spans.lastSpan(), connection.least)) return false;
  const streams = memory.u64(at + connection.streams) ?? 0;
  return (memory.u32(at + connection.limit) ?? 0) > 0 && spans.objectAt(streams) >= 0;
}

/** Whether nothing more can be sent before the other side reads, on the stream of a server that waits for a channel. */
export function isWindowUsedUp(
  { memory, spans }: Pick<StreamSource, 'memory' | 'spans'>,
  layouts: readonly ServerLayout[],
  words: Iterable<number>,
  channels: ReadonlySet<number>,
): boolean {
  for (const word of words) {
    if (spans.objectAt(word) < 0) continue;
    for (const { ended, window, shared, ofShared } of layouts) {
      if (!channels.has(memory.u64(word + ended) ?? 0)) continue;
      const connection = memory.u64(word + shared) ?? 0;
      return [windowAt(memory, word, window), windowAt(memory, connection, ofShared)].some(
        (left) => left !== undefined && left <= 0,
      );
    }
  }
  return false;
}

function idOf(memory: BulkMemory, at: number, { stream }: StreamLayout): number {
  const place = stream.behind === undefined ? at : (memory.u64(at + stream.behind) ?? 0);
  return memory.u32(place + stream.id) ?? 0;
}

/** 32 bits, with a sign. */
function windowAt(memory: BulkMemory, at: number, offset: number | undefined): number | undefined {
  const value = offset === undefined ? undefined : memory.u32(at + offset);
  return value === undefined ? undefined : value | 0;
}
