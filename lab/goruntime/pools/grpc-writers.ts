import type { CoreMemory } from '../../core/memory.js';
import { type EvaluateGlobal, structIfAny } from '../fields.js';
import { type ConnectionEnds, endsHeldBy, readConnectionLayout } from '../remote-address.js';

/** A stream of gRPC on which nothing more can be sent before the other side reads. */
export interface FullStream extends ConnectionEnds {
  readonly address: number;
  readonly id: number;
  /** The channel that tells of room for more. */
  readonly room: number;
}

/**
 * What may be the stream that a goroutine waits for to send more, as the words of its stack and its channels tell: what lies
 * beside one may look like one, and has some other number.
 */
export type FullStreamsOf = (
  side: 'client' | 'server',
  words: readonly number[],
  channels: ReadonlySet<number>,
) => readonly FullStream[];

export const transportPath = 'google.golang.org/grpc/internal/transport';

/** `undefined` where the program has no gRPC, or it is laid out in an unknown way. */
export async function readFullStreams(
  memory: CoreMemory,
  evaluate: EvaluateGlobal,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
): Promise<FullStreamsOf | undefined> {
  const offsets = (type: string) => structIfAny(`${transportPath}.${type}`, at, evaluate, signal);
  const [connection, stream, quota, client, server] = await Promise.all([
    readConnectionLayout(evaluate, at, signal),
    ...['Stream', 'writeQuota', 'http2Client', 'http2Server'].map(offsets),
  ] as const);
  const [id, own] = [stream?.get('id'), stream?.get('wq')];
  const [left, told] = [quota?.get('quota'), quota?.get('ch')];
  const conn = { client: client?.get('conn'), server: server?.get('conn') };
  if (connection === undefined || id === undefined || own === undefined) return undefined;
  if (left === undefined || told === undefined) return undefined;
  return (side, words, channels) => {
    const at = conn[side];
    if (at === undefined) return [];
    const all = [...new Set(words)];
    const ends = all.flatMap(
      (word) => endsHeldBy(memory, connection, memory.u64(word + at + 8) ?? 0) ?? [],
    )[0];
    if (ends === undefined) return [];
    // A stream is a field of what each side has, or behind a pointer there.
    const places = new Set(all.flatMap((word) => [word, memory.u64(word) ?? 0]));
    return [...places].flatMap((address) => {
      const quota = memory.u64(address + own) ?? 0;
      const room = quota === 0 ? 0 : (memory.u64(quota + told) ?? 0);
      const isFull = channels.has(room) && ((memory.u32(quota + left) ?? 1) | 0) <= 0;
      return isFull ? [{ ...ends, address, room, id: memory.u32(address + id) ?? 0 }] : [];
    });
  };
}
