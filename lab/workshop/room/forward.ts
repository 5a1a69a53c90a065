import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { cookieName } from '../server/guard.js';
import type { Guest } from './guest.js';
import { fail } from './respond.js';

/** What of a request the workbook is told; who asks, and from where, was settled at the door. */
const passed = ['accept', 'content-type', 'content-length', 'last-event-id', 'sec-fetch-site'] as const;

/** Hands a request on to the workbook of the one who asks, and the answer back, as they come. */
export function forward(request: IncomingMessage, response: ServerResponse, { token, port }: Guest): void {
  const host = `127.0.0.1:${port}`;
  const headers: Record<string, string> = { host, cookie: `${cookieName(port)}=${token}` };
  for (const name of passed) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  if (request.headers.origin !== undefined) headers['origin'] = `http://${host}`;
  const { method = 'GET', url = '/' } = request;
  const inner = ask({ host: '127.0.0.1', port, method, path: url, headers, agent: false }, (answer) => {
    const { 'set-cookie': _cookie, connection: _connection, ...own } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, own);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  inner.on('error', () => {
    if (response.headersSent) response.destroy();
    else fail(response, 502, 'your workbook does not answer', 'tell the teacher');
  });
  response.once('close', () => inner.destroy());
  request.pipe(inner);
}
