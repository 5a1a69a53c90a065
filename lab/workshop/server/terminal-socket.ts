import type { Server } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { messageOf, toLabError } from '../../errors.js';
import { type Attached, mostTerminals, type Terminals } from '../terminal/terminals.js';
import { type Guarded, knowsUs, mayEnter } from './guard.js';

const count = z.coerce.number().int().min(1);
const askedSchema = z.object({
  lesson: z.string().max(80),
  number: count.max(mostTerminals),
  cols: count.max(500),
  rows: count.max(300),
});
const saidSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('input'), data: z.string().max(60_000) }),
  z.strictObject({ type: z.literal('size'), cols: count.max(500), rows: count.max(300) }),
]);

/** Behind who reads so slowly nothing is kept: the page takes the terminal up anew. */
const mostBuffered = 4 * 1024 * 1024;

/** Terminals over WebSockets at `/api/terminal`, for who may use the pages, and comes from them. */
export function serveTerminals(
  server: Server,
  guarded: () => Guarded,
  terminals: Terminals,
  isLesson: (name: string) => boolean,
): Disposable {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {}); // whoever asked has gone
    const address = `http://localhost${request.url ?? '/'}`;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const { port } = guarded();
    const asked = askedSchema.safeParse(Object.fromEntries(url?.searchParams ?? []));
    const allowed =
      // A browser names the page that opens a socket; what names none is none.
      request.headers.origin !== undefined &&
      knowsUs(request, port).kind === 'let in' &&
      mayEnter(request, guarded()).kind === 'let in' &&
      url?.pathname === '/api/terminal';
    if (!allowed || !asked.success || !isLesson(asked.data.lesson)) {
      socket.end(`HTTP/1.1 ${allowed ? '400 Bad Request' : '403 Forbidden'}\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      void attach(opened, asked.data, terminals);
    });
  });
  return {
    [Symbol.dispose]() {
      for (const one of sockets.clients) one.terminate();
      sockets.close();
    },
  };
}

async function attach(
  socket: WebSocket,
  { lesson, number, cols, rows }: z.infer<typeof askedSchema>,
  terminals: Terminals,
): Promise<void> {
  const tell = (what: object): void => {
    if (socket.bufferedAmount > mostBuffered) socket.terminate();
    else if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what));
  };
  let attached: Attached | undefined;
  socket.on('error', () => {}); // `close` follows
  socket.on('close', () => attached?.detach());
  try {
    attached = await terminals.attach(...([lesson, number, { cols, rows }] as const), {
      onData: (data) => tell({ type: 'data', data }),
      onEnd: () => tell({ type: 'ended' }),
    });
  } catch (thrown) {
    const { message, hint } = toLabError(thrown);
    tell({ type: 'none', why: hint === undefined ? message : `${message}: ${hint}` });
    socket.close();
    return;
  }
  if (socket.readyState !== WebSocket.OPEN) attached.detach();
  socket.on('message', (bytes) => {
    const said = saidSchema.safeParse(parsed(String(bytes)));
    if (!said.success) return;
    if (said.data.type === 'input') attached?.write(said.data.data);
    else attached?.resize(said.data);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return { error: messageOf(error) };
  }
}
