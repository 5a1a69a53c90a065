import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { LabError, toLabError } from '../../errors.js';
import { comesFromOwnPage, cookieOf, sameToken, type Verdict } from '../server/guard.js';
import { headers } from '../server/headers.js';
import { closedHtml, pagePolicy } from '../server/page.js';
import { type Bound, urlHost } from './addresses.js';
import type { Certificate } from './certificate.js';
import { forward } from './forward.js';
import type { Guest } from './guest.js';
import { openLimiter } from './limiter.js';
import { fail, send } from './respond.js';

/*
 * One door for a class: who comes is known by the token of the own link alone, and is led to the own workbook, which
 * listens on the loopback interface with the same guard as ever. Nothing is looked up by a name that a request gives.
 */

/** What the teacher's page is served by. */
export interface Desk {
  readonly token: string;
  /** Returns whether there is such a thing. */
  answer(request: IncomingMessage, response: ServerResponse, asked: DeskAsked): Promise<boolean>;
}

export interface DeskAsked {
  /** What follows `/desk/`. */
  readonly path: string;
  /** What styles of a page have to name. */
  readonly nonce: string;
}

export interface FrontOptions {
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly bound: Bound;
  readonly certificate?: Certificate | undefined;
  readonly guests: readonly Guest[];
  readonly desk: Desk;
}

export interface Front extends AsyncDisposable {
  readonly url: string;
  readonly deskLink: string;
  linkOf(guest: Guest): string;
}

/** Each person's requests: a page asks for four at once, and again with each change. */
const perPerson = { burst: 60, perSecond: 10 };
/** Requests of an address without a token that is right: nobody guesses 24 random bytes, but may well keep us busy. */
const perStranger = { burst: 30, perSecond: 0.5 };
/** Requests of one person that are under way, and those of them that listen to what happens. */
const atOnce = { requests: 16, streams: 4 };
const connectionsPerPerson = 24;

type Who = { readonly kind: 'desk' } | { readonly kind: 'guest'; readonly guest: Guest };

/** Opens the door. Throws `port-taken`. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the front share who is in the room
export async function openFront(options: FrontOptions): Promise<Front> {
  const { bound, certificate, guests, desk } = options;
  const scheme = certificate === undefined ? 'http' : 'https';
  const limits = { person: openLimiter(perPerson), stranger: openLimiter(perStranger) };
  const underWay = new Map<string, { requests: number; streams: number }>();
  let port = options.port;

  const whoHas = (token: string | undefined, of: Who['kind']): Who | undefined => {
    if (token === undefined) return undefined;
    if (of === 'desk') return sameToken(token, desk.token) ? { kind: 'desk' } : undefined;
    // All are compared: how long it takes tells nothing of who it was.
    const mine = guests.filter((guest) => sameToken(token, guest.token));
    return mine[0] === undefined ? undefined : { kind: 'guest', guest: mine[0] };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const nonce = randomBytes(16).toString('base64');
    response.setHeader('content-security-policy', pagePolicy(nonce));
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const url = placeIn(request, scheme, bound, port);
    if ('kind' in url) return turnAway(response, url);
    const isDesk = url.pathname === '/desk' || url.pathname.startsWith('/desk/');
    const side = isDesk ? 'desk' : 'guest';
    const cookie = `lab-${side}-${port}`;
    const comes = url.searchParams.get('token');
    const byLink = comes === null ? undefined : whoHas(comes, side);
    if (byLink !== undefined && request.method === 'GET') {
      const path = isDesk ? '/desk/' : '/';
      // The token leaves the address bar, the history and every Referer at once.
      const secure = scheme === 'https' ? '; Secure' : '';
      response.setHeader(
        'set-cookie',
        `${cookie}=${comes}; HttpOnly; SameSite=Strict; Path=${path}${secure}`,
      );
      response.writeHead(303, { location: path }).end();
      return;
    }
    const who = whoHas(cookieOf(request, cookie), side);
    if (who === undefined) {
      const address = request.socket.remoteAddress ?? '';
      if (!limits.stranger.take(address, performance.now())) return tooMany(response);
      if (request.headers.accept?.includes('text/html') === true) {
        return send(response, 403, 'text/html; charset=utf-8', closedHtml);
      }
      return fail(response, 403, 'open the link that you were given');
    }
    const own = comesFromOwnPage(request, scheme);
    if (own.kind === 'turned away') return turnAway(response, own);
    const key = who.kind === 'desk' ? '' : who.guest.name;
    if (!limits.person.take(key, performance.now())) return tooMany(response);
    if (who.kind === 'desk') {
      const asked = { path: url.pathname.slice('/desk/'.length), nonce };
      if (!(await desk.answer(request, response, asked))) {
        fail(response, 404, 'there is nothing here');
      }
      return;
    }
    const count = underWay.get(key) ?? { requests: 0, streams: 0 };
    underWay.set(key, count);
    const kind = url.pathname === '/api/events' ? 'streams' : 'requests';
    if (count[kind] >= atOnce[kind]) return tooMany(response);
    count[kind] += 1;
    response.once('close', () => {
      count[kind] -= 1;
    });
    forward(request, response, who.guest);
  };

  const listener: RequestListener = (request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      const error = toLabError(thrown);
      if (response.headersSent) response.destroy();
      else fail(response, error.code === 'internal' ? 500 : 409, error.message, error.hint);
    });
  };
  const server = certificate === undefined ? createServer(listener) : createTlsServer(certificate, listener);
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.maxConnections = connectionsPerPerson * (guests.length + 2);
  // Nothing that goes beyond requests and answers, a terminal for example, is shared with a room.
  server.on('upgrade', (_request, socket) => socket.destroy());
  port = await listen(server, options.port, bound);
  const url = `${scheme}://${urlHost(bound.names[0] ?? bound.address)}:${port}/`;
  return {
    url,
    deskLink: `${url}desk/?token=${desk.token}`,
    linkOf: ({ token }) => `${url}?token=${token}`,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** The address that is asked for, where it is one of ours, asked by a name of ours. */
function placeIn(
  { url = '/', headers }: IncomingMessage,
  scheme: string,
  { names }: Bound,
  port: number,
): URL | Extract<Verdict, { kind: 'turned away' }> {
  const known = names.some((name) => headers.host?.toLowerCase() === `${urlHost(name)}:${port}`);
  if (!known) return { kind: 'turned away', status: 421, why: 'asked by a name that is not mine' };
  const whole = `${scheme}://${headers.host}${url}`;
  // What begins with two slashes names another host.
  if (/^\/(?![/\\])/.test(url) && URL.canParse(whole)) return new URL(whole);
  return { kind: 'turned away', status: 400, why: 'this address is malformed' };
}

function turnAway(
  response: ServerResponse,
  { status, why }: Extract<Verdict, { kind: 'turned away' }>,
): void {
  fail(response, status, why);
}

function tooMany(response: ServerResponse): void {
  response.setHeader('retry-after', '2');
  fail(response, 429, 'too many requests', 'wait two seconds');
}

async function listen(server: Server, port: number, { address }: Bound): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new LabError(`the class cannot meet at ${address}:${port}: ${cause.message}`, {
          code: 'port-taken',
          hint: 'choose another port, or none: the kernel finds a free one',
          cause,
        }),
      ),
    );
    server.listen(port, address, resolve);
  });
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}
