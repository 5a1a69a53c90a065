import { type EvaluateGlobal, type Offsets, structIfAny } from '../fields.js';

/** Field offsets of one client of HTTP/2 in this binary, bytes: its connections, and the streams that share one. */
export interface StreamLayout {
  readonly client: StreamClient;
  readonly connection: {
    readonly least: number;
    /** How many streams the server allows, 32 bits. */
    readonly limit: number;
    /** A map of those that are open. */
    readonly streams: number;
    /** How many bytes the server may still send, 32 bits; absent where it is not kept. */
    readonly window: number | undefined;
    /** The channel by which those who wait for a stream are told, where they share one. */
    readonly available: number | undefined;
    /** Channels that are closed with the connection. */
    readonly closing: readonly number[];
  };
  readonly stream: {
    /** Where it begins in the object that it lies in, and how large that is at least. */
    readonly inset: number;
    readonly least: number;
    readonly connection: number;
    /** 32 bits, 0 before it is open; behind a pointer at `behind`, where there is one. */
    readonly id: number;
    readonly behind: number | undefined;
    /** The channel that is closed when it has ended. */
    readonly done: number;
    /** The channel that is closed when the answer has begun. */
    readonly answered: number;
    readonly aborted: number | undefined;
    /** The channel that is closed when the server has sent all. */
    readonly peerClosed: number | undefined;
    readonly window: number | undefined;
  };
}

/** A library that speaks HTTP/2, and what a person calls its connections. */
export interface StreamClient {
  readonly kind: 'http' | 'grpc';
  /** `golang.org/x/net/http2` */
  readonly path: string;
  /** As a debugger takes it. */
  readonly goType: string;
  readonly stream: readonly string[];
  /** The type that a stream is a field of, and that field; absent where each is an object. */
  readonly within?: readonly [type: string, field: string];
  readonly type: string;
}

const http = (path: string, prefix: string): StreamClient => ({
  ...{ kind: 'http', path, goType: `${path}.${prefix}ClientConn` },
  ...{ stream: [`${path}.${prefix}clientStream`], type: 'http2.ClientConn' },
});

const transport = 'google.golang.org/grpc/internal/transport';

/** Go's library has a copy of `golang.org/x/net/http2`, until Go 1.26 with other names. */
const clients: readonly StreamClient[] = [
  http('net/http', 'http2'),
  {
    ...http('net/http/internal/http2', ''),
    within: ['net/http/internal/http2.ClientRequest', 'stream'],
  },
  http('golang.org/x/net/http2', ''),
  {
    ...{ kind: 'grpc', path: transport, goType: `${transport}.http2Client`, type: 'grpc.ClientConn' },
    stream: [`${transport}.ClientStream`, `${transport}.Stream`],
  },
];

/** Layouts of the clients that the program has; none of those that are laid out in an unknown way. */
export async function readStreamLayouts(
  evaluate: EvaluateGlobal,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
): Promise<readonly StreamLayout[]> {
  const offsets = (type: string) => structIfAny(type, at, evaluate, signal);
  const found = await Promise.all(
    clients.map(async (client) => {
      const connection = await offsets(client.goType);
      if (connection.size === 0) return undefined;
      const streams = await Promise.all(client.stream.map(offsets));
      const stream = streams.find((fields) => fields.has(connectionField(client)));
      const [type, field = ''] = client.within ?? [];
      const inset = type === undefined ? 0 : ((await offsets(type)).get(field) ?? 0);
      return stream && layoutOf(client, connection, { stream, inset }, streams.at(-1) ?? stream);
    }),
  );
  return found.flatMap((one) => one ?? []);
}

/** Field offsets of a stream as a server has it, bytes. */
export interface ServerLayout {
  /** Of the package that it is in. */
  readonly path: string;
  /** The channel that is closed when it has ended. */
  readonly ended: number;
  /** How many bytes may be sent on it, 32 bits; the same of its connection, behind a pointer. */
  readonly window: number;
  readonly shared: number;
  readonly ofShared: number;
}

/** Layouts of the servers of HTTP/2 that the program has. */
export async function readServerLayouts(
  evaluate: EvaluateGlobal,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
): Promise<readonly ServerLayout[]> {
  const types = ['net/http.http2stream', 'net/http/internal/http2.stream', 'golang.org/x/net/http2.stream'];
  const found = await Promise.all(
    types.map(async (type) => ({
      path: type.slice(0, type.lastIndexOf('.')),
      fields: await structIfAny(type, at, evaluate, signal),
    })),
  );
  return found.flatMap(({ path, fields }): readonly ServerLayout[] => {
    const [ended, flow, window, shared] = ['cw', 'flow', 'flow.n', 'flow.conn'].map((name) =>
      fields.get(name),
    );
    if (ended === undefined || flow === undefined || window === undefined || shared === undefined) return [];
    return [{ path, ended, window, shared, ofShared: window - flow }];
  });
}

const connectionField = ({ kind }: StreamClient) => (kind === 'http' ? 'cc' : 'ct');

function layoutOf(
  client: StreamClient,
  connection: Offsets,
  { stream, inset }: { readonly stream: Offsets; readonly inset: number },
  /** What the stream is made of, where that is a struct of its own. */
  inner: Offsets,
): StreamLayout | undefined {
  const isHttp = client.kind === 'http';
  const limit = connection.get('maxConcurrentStreams');
  const streams = connection.get(isHttp ? 'streams' : 'activeStreams');
  const own = stream.get(connectionField(client));
  const direct = stream.get(isHttp ? 'ID' : 'id') ?? stream.get('Stream.id');
  const behind = direct === undefined ? stream.get('Stream') : undefined;
  const id = direct ?? inner.get('id');
  const done = stream.get(isHttp ? 'donec' : 'done');
  const answered = stream.get(isHttp ? 'respHeaderRecv' : 'headerChan');
  if (limit === undefined || streams === undefined || own === undefined) return undefined;
  if (id === undefined || done === undefined || answered === undefined) return undefined;
  return {
    client,
    connection: {
      ...{ least: leastOf(connection), limit, streams, window: windowOf(connection) },
      available: connection.get('streamsQuotaAvailable'),
      closing: ['goAway', 'ctxDone'].flatMap((name) => (isHttp ? [] : (connection.get(name) ?? []))),
    },
    stream: {
      ...{ inset, least: inset + leastOf(stream), connection: own, id, behind, done, answered },
      ...{ aborted: stream.get('abort'), peerClosed: stream.get('peerClosed'), window: windowOf(stream) },
    },
  };
}

/** Until Go 1.20, and x/net of that time, what may be received was counted as what may be sent. */
const windowOf = (fields: Offsets) => fields.get('inflow.avail') ?? fields.get('inflow.n');

const leastOf = (fields: Offsets) => Math.max(0, ...fields.values()) + 1;
