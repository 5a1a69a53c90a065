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

/** The stream that a goroutine waits for to send more, as the words of its stack and its channels tell. */
export type FullStreamOf = (
  side: 'client' | 'server',
  words: readonly number[],
  channels: ReadonlySet<number>,
) => FullStream | undefined;

export const transportPath = 'google.golang.org/grpc/internal/transport';

/** `undefined` where the program has no gRPC, or it is laid out in an unknown way. */
export async function readFullStreams(
  memory: CoreMemory,
  evaluate: EvaluateGlobal,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
): Promise<FullStreamOf | undefined> {
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
    if (at === undefined) return undefined;
    const all = [...new Set(words)];
    // A stream is a field of what each side has, or behind a pointer there.
    const address = all
      .flatMap((word) => [word, memory.u64(word) ?? 0])
      .find((one) => {
        const quota = memory.u64(one + own) ?? 0;
        return (
          quota !== 0 &&
          channels.has(memory.u64(quota + told) ?? 0) &&
          ((memory.u32(quota + left) ?? 1) | 0) <= 0
        );
      });
    if (address === undefined) return undefined;
    for (const transport of all) {
      const ends = endsHeldBy(memory, connection, memory.u64(transport + at + 8) ?? 0);
      if (ends !== undefined)
        return {
          ...ends,
          address,
          room: memory.u64((memory.u64(address + own) ?? 0) + told) ?? 0,
          id: memory.u32(address + id) ?? 0,
        };
    }
    return undefined;
  };
}
