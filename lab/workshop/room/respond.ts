import type { ServerResponse } from 'node:http';

export function fail(response: ServerResponse, status: number, message: string, hint?: string): void {
  send(response, status, 'application/json', JSON.stringify({ error: { message, hint } }));
}

export function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}
