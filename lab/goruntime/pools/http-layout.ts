import { type EvaluateGlobal, type Offsets, structIfAny } from '../fields.js';

/** Field offsets of the client of `net/http` in this binary, bytes, and how large its objects are at least. */
export interface HttpLayout {
  readonly transport: { readonly maxPerHost: number };
  /** A connection of a transport. */
  readonly connection: {
    readonly least: number;
    readonly transport: number;
    readonly host: HostLayout;
    /** An interface that is not nil when another protocol has it: its requests share it. */
    readonly other: number;
    /** An interface that is not nil when it is closed. */
    readonly closed: number;
    /** The channel that is closed with it. */
    readonly closing: number;
  };
  /** What a request has that waits for a connection. */
  readonly wanted: { readonly least: number; readonly host: HostLayout; readonly channel: number };
  /** The body of an answer. */
  readonly body: {
    readonly least: number;
    readonly inner: number;
    readonly closed: number;
    readonly onEarlyClose: number;
  };
}

/** Fields of what the transport calls a host: three strings. */
export type HostLayout = readonly [proxy: number, scheme: number, address: number];

/** `undefined` when the program has no such client, or one that is laid out in an unknown way. */
export async function readHttpLayout(
  evaluate: EvaluateGlobal,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
): Promise<HttpLayout | undefined> {
  const offsets = (type: string) => structIfAny(`net/http.${type}`, at, evaluate, signal);
  const [transport, connection, wanted, body] = await Promise.all([
    offsets('Transport'),
    offsets('persistConn'),
    offsets('wantConn'),
    offsets('bodyEOFSignal'),
  ]);
  try {
    return {
      transport: { maxPerHost: need(transport, 'MaxConnsPerHost') },
      connection: {
        ...{
          least: leastOf(connection),
          transport: need(connection, 't'),
          host: hostOf(connection, 'cacheKey'),
        },
        ...{ other: need(connection, 'alt'), closed: need(connection, 'closed') },
        closing: need(connection, 'closech'),
      },
      wanted: {
        ...{ least: leastOf(wanted), host: hostOf(wanted, 'key') },
        // Until Go 1.22 it is closed, since then the connection comes by it.
        channel: wanted.get('result') ?? need(wanted, 'ready'),
      },
      body: {
        ...{ least: leastOf(body), inner: need(body, 'body'), closed: need(body, 'closed') },
        onEarlyClose: need(body, 'earlyCloseFn'),
      },
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const hostOf = (fields: Offsets, name: string): HostLayout => [
  need(fields, `${name}.proxy`),
  need(fields, `${name}.scheme`),
  need(fields, `${name}.addr`),
];

const leastOf = (fields: Offsets) => Math.max(0, ...fields.values()) + 1;

function need(fields: Offsets, name: string): number {
  const offset = fields.get(name);
  if (offset === undefined) throw new RangeError(`net/http has no ${name}`);
  return offset;
}
