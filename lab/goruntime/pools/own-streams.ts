import type { CoreMemory } from '../../core/memory.js';
import { type EvaluateGlobal, type Offsets, structIfAny } from '../fields.js';
import { type ConnectionEnds, endsHeldBy, readConnectionLayout } from '../remote-address.js';

/** Field offsets by which the two ends of a stream of HTTP/2 are known for one, bytes. */
export interface OwnStreamLayout {
  /** Of the package that both ends are in. */
  readonly path: string;
  /** `tconn` of a client's connection, `conn` of a server's, interfaces. */
  readonly ofClient: number;
  readonly ofServer: number;
  /** Of what a handler writes its answer to. */
  readonly answer: { readonly stream: number; readonly connection: number };
  readonly stream: {
    readonly connection: number;
    readonly id: number;
    readonly deadlines: readonly number[];
  };
}

/** A stream as the server has it. */
export interface ServedStream extends ConnectionEnds {
  readonly path: string;
  readonly id: number;
  /** A timer may break it off. */
  readonly hasDeadline: boolean;
}

export interface OwnStreams {
  /** The ends of the connection that a client has. */
  readonly endsOf: (path: string, connection: number) => ConnectionEnds | undefined;
  /** The streams that some words of a handler's stack lead to. */
  readonly servedBy: (words: Iterable<number>) => readonly ServedStream[];
}

/** Go's library has a copy of `golang.org/x/net/http2`, until Go 1.26 with other names. */
const copies = [
  ['net/http', 'http2'],
  ['net/http/internal/http2', ''],
  ['golang.org/x/net/http2', ''],
] as const;

/** `undefined` where the program is not both a client and a server of HTTP/2, or these are laid out in an unknown way. */
export async function readOwnStreams(
  memory: CoreMemory,
  evaluate: EvaluateGlobal,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
): Promise<OwnStreams | undefined> {
  const connection = await readConnectionLayout(evaluate, at, signal);
  if (connection === undefined) return undefined;
  const offsets = (type: string) => structIfAny(type, at, evaluate, signal);
  const all = await Promise.all(
    copies.map(async ([path, prefix]) => {
      const types = ['ClientConn', 'serverConn', 'responseWriterState', 'stream'];
      return layoutOf(path, await Promise.all(types.map((type) => offsets(`${path}.${prefix}${type}`))));
    }),
  );
  const layouts = all.flatMap((one) => one ?? []);
  if (layouts.length === 0) return undefined;
  const endsAt = (at: number) => endsHeldBy(memory, connection, memory.u64(at + 8) ?? 0);
  return {
    endsOf(path, client) {
      const layout = layouts.find((one) => one.path === path);
      return layout && endsAt(client + layout.ofClient);
    },
    servedBy(words) {
      const out = new Map<number, ServedStream>();
      for (const word of new Set(words)) {
        // A response writer is a pointer to its state.
        const state = memory.u64(word) ?? 0;
        for (const { path, ofServer, answer, stream } of state < lowest ? [] : layouts) {
          const own = memory.u64(state + answer.stream) ?? 0;
          const server = memory.u64(state + answer.connection) ?? 0;
          if (own < lowest || server < lowest || memory.u64(own + stream.connection) !== server) continue;
          const ends = endsAt(server + ofServer);
          const id = memory.u32(own + stream.id) ?? 0;
          if (ends === undefined || id === 0) continue;
          const hasDeadline = stream.deadlines.some((offset) => memory.u64(own + offset) !== 0);
          out.set(own, { ...ends, path, id, hasDeadline });
        }
      }
      return [...out.values()];
    },
  };
}

/** Nothing of a program lies below it. */
const lowest = 4096;

function layoutOf(
  path: string,
  [client, server, state, stream]: readonly Offsets[],
): OwnStreamLayout | undefined {
  const ofClient = client?.get('tconn');
  const ofServer = server?.get('conn');
  const answer = { stream: state?.get('stream'), connection: state?.get('conn') };
  const own = { connection: stream?.get('sc'), id: stream?.get('id') };
  if (ofClient === undefined || ofServer === undefined) return undefined;
  if (answer.stream === undefined || answer.connection === undefined) return undefined;
  if (own.connection === undefined || own.id === undefined) return undefined;
  return {
    ...{ path, ofClient, ofServer },
    answer: { stream: answer.stream, connection: answer.connection },
    stream: {
      ...{ connection: own.connection, id: own.id },
      deadlines: ['readDeadline', 'writeDeadline'].flatMap((name) => stream?.get(name) ?? []),
    },
  };
}
