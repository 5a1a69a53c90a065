import type { CoreMemory } from '../core/memory.js';
import { readTypeName } from './channels.js';
import { type Cancellation, type ContextLayout, howEnds, readContextLayout } from './contexts.js';
import { type EvaluateGlobal, type Offsets, structIfAny } from './fields.js';
import type { RuntimeLayout } from './layout.js';
import {
  type ConnectionEnds,
  type ConnectionLayout,
  endsHeldBy,
  readConnectionLayout,
} from './remote-address.js';

/** Where net/http keeps the two ends of its connections over TCP, in this binary. */
export interface HttpLayout {
  readonly connection: ConnectionLayout;
  /** Fields of `net/http.persistConn`; empty in programs that are no client. */
  readonly client: Offsets;
  /** Fields of `net/http.conn`; empty in programs that are no server. */
  readonly server: Offsets;
  readonly contexts: ContextLayout;
}

/** Of a goroutine that waits for the answer to a request. */
export interface ClientEnd extends ConnectionEnds {
  readonly side: 'calls';
  /** What else ends the wait. */
  readonly givesUp: Cancellation;
}

/** Of a goroutine that works on a request. */
export interface ServerEnd extends ConnectionEnds {
  readonly side: 'serves';
  /** When the request came in, by the wall clock: seconds of the Unix epoch. */
  readonly since: number;
}

/** `undefined` when the program has no connections of net/http, or they are laid out in an unknown way. */
export async function readHttpLayout(
  evaluate: EvaluateGlobal,
  at: number,
  signal: AbortSignal,
): Promise<HttpLayout | undefined> {
  const [connection, client, server, contexts] = await Promise.all([
    readConnectionLayout(evaluate, at, signal),
    structIfAny('net/http.persistConn', at, evaluate, signal),
    structIfAny('net/http.conn', at, evaluate, signal),
    readContextLayout(evaluate, at, signal),
  ]);
  if (connection === undefined || contexts === undefined) return undefined;
  return { connection, client, server, contexts };
}

/** A case of the select that a request waits in. */
export interface SelectCase {
  readonly channel: number;
  readonly elemType: string | undefined;
  /** By a timer of the runtime. */
  readonly isTimer: boolean;
}

/**
 * The connection on which a goroutine waits in `persistConn.roundTrip`: the one that some word of its stack points at and
 * whose `closech` is among the cases of its select. `ownContext` says that the transport puts a context of its own around
 * the request's (Go 1.23 on), which ends with nothing but the request.
 */
export function clientEnd(
  memory: CoreMemory,
  { layout, http, ownContext }: { layout: RuntimeLayout; http: HttpLayout; ownContext: boolean },
  { words, cases }: { words: Iterable<number>; cases: readonly SelectCase[] },
): ClientEnd | undefined {
  const [conn, closed] = [http.client.get('conn'), http.client.get('closech')];
  if (conn === undefined || closed === undefined) return undefined;
  const stack = [...words];
  const channels = new Set(cases.map(({ channel }) => channel));
  for (const word of new Set(stack)) {
    const closing = memory.u64(word + closed) ?? 0;
    if (!channels.has(closing)) continue;
    const ends = endsHeldBy(memory, http.connection, memory.u64(word + conn + 8) ?? 0);
    if (ends === undefined) continue;
    const others = cases.filter(({ channel }) => channel !== closing);
    return { ...ends, side: 'calls', givesUp: givesUp(memory, others, { layout, http, ownContext, stack }) };
  }
  return undefined;
}

/** The cases of `persistConn.roundTrip` (net/http/transport.go), by what their channels carry. */
function givesUp(
  memory: CoreMemory,
  cases: readonly SelectCase[],
  {
    layout,
    http,
    ownContext,
    stack,
  }: { layout: RuntimeLayout; http: HttpLayout; ownContext: boolean; stack: readonly number[] },
): Cancellation {
  const rest = cases.filter(
    ({ elemType = '', isTimer }) => isTimer || !/responseAndError$|^error$/.test(elemType),
  );
  if (rest.some(({ isTimer, elemType }) => isTimer || elemType === 'time.Time')) return 'deadline';
  const nameOf = (type: number) => readTypeName(memory, layout, type);
  const all = rest.map(({ channel, elemType }) =>
    elemType === 'struct {}'
      ? howEnds(memory, { contexts: http.contexts, nameOf, channel, stack, ownContext })
      : 'unknown',
  );
  return (['deadline', 'cancelled', 'unknown'] as const).find((one) => all.includes(one)) ?? 'never';
}

/** `net/http.StateActive`. */
const active = 1;

/**
 * The connection that a goroutine of `net/http.(*conn).serve` works for: the outermost word of its stack that points at a
 * `net/http.conn` whose `remoteAddr` is the address of its connection. `conn.curState` has the second in which the request
 * came in above the state, in the lowest byte.
 */
export function serverEnd(
  memory: CoreMemory,
  { connection, server }: HttpLayout,
  words: Iterable<number>,
): ServerEnd | undefined {
  const [rwc, text, state] = ['rwc', 'remoteAddr', 'curState'].map((field) => server.get(field));
  if (rwc === undefined || text === undefined || state === undefined) return undefined;
  for (const word of new Set(words)) {
    const length = memory.u64(word + text + 8) ?? 0;
    if (length < 9 || length > 64) continue;
    const told = memory.bytes(memory.u64(word + text) ?? 0, length)?.toString('latin1');
    const ends = endsHeldBy(memory, connection, memory.u64(word + rwc + 8) ?? 0);
    if (ends === undefined || told !== ends.remote) continue;
    const packed = memory.bytes(word + state, 8)?.readBigUInt64LE() ?? 0n;
    if (Number(packed & 0xffn) !== active) return undefined;
    return { ...ends, side: 'serves', since: Number(packed >> 8n) };
  }
  return undefined;
}
