import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/*
 * The workbook listens on the loopback interface, where every program and every web page of this machine can reach
 * it. Who may use it: whoever has the token. What a page of the web could do with a browser's cookie is kept off by
 * the name under which the server is asked (DNS rebinding), by the page's origin, and by the browser's own words.
 */

export type Verdict =
  | { readonly kind: 'let in' }
  | { readonly kind: 'turned away'; readonly status: 400 | 403 | 421; readonly why: string };

export interface Guarded {
  readonly token: string;
  readonly port: number;
}

/** Cookies know no ports: each workbook of a machine has a name of its own. */
export const cookieName = (port: number): string => `lab-workshop-${port}`;

/** Whether this request came to this server by a name of its own. */
export function knowsUs({ headers }: IncomingMessage, port: number): Verdict {
  const names = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (headers.host !== undefined && names.includes(headers.host)) return { kind: 'let in' };
  return { kind: 'turned away', status: 421, why: 'asked by a name that is not mine' };
}

const away = (why: string): Verdict => ({ kind: 'turned away', status: 403, why });

/** Whether the request carries the token and comes from a page of this server, or from none. */
export function mayEnter(request: IncomingMessage, { token, port }: Guarded): Verdict {
  const own = comesFromOwnPage(request);
  if (own.kind === 'turned away') return own;
  const given = cookieOf(request, cookieName(port));
  return given !== undefined && sameToken(given, token)
    ? { kind: 'let in' }
    : away('open the link that the lab printed');
}

/** Whether the request comes from a page of the server that it asks, or from none; what changes something has to name it. */
export function comesFromOwnPage({ headers, method }: IncomingMessage, scheme = 'http'): Verdict {
  const { origin } = headers;
  if (origin !== undefined && origin !== `${scheme}://${headers.host}`)
    return away('a page of another origin');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return away('a page of another site');
  if (method !== 'GET' && method !== 'HEAD') {
    if (origin === undefined) return away('no origin is named');
    if (headers['content-type'] !== 'application/json') return away('not JSON');
  }
  return { kind: 'let in' };
}

/** Compares in a time that tells nothing. */
export function sameToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  for (const pair of headers.cookie?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
