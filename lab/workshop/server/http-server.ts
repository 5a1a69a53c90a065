import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { misshapen } from '../../complaints.js';
import { LabError, messageOf, toLabError } from '../../errors.js';
import type { LiveEvent } from '../live.js';
import { linkTo } from '../session.js';
import type { Terminals } from '../terminal/terminals.js';
import { type PageView, verbs } from '../view.js';
import { openEventStream } from './event-stream.js';
import { cookieName, knowsUs, mayEnter, sameToken, type Verdict } from './guard.js';
import { headers } from './headers.js';
import { closedHtml, type PageFiles, pageHtml, pagePolicy } from './page.js';
import { serveTerminals } from './terminal-socket.js';

export interface WorkshopServerOptions {
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly token: string;
  readonly files: PageFiles;
  readonly view: () => Promise<PageView>;
  /** What who begins to listen is told first. */
  readonly greeting?: (() => LiveEvent) | undefined;
  /** A shell of whoever runs this: only for a server at the loopback interface. */
  readonly terminals?: { readonly of: Terminals; readonly isLesson: (name: string) => boolean } | undefined;
  /** Answers for what only some workbooks have; returns whether there is such a thing. */
  readonly more?: ((path: string, response: ServerResponse) => Promise<boolean>) | undefined;
  /** What a participant may ask for; an instructor's page asks for nothing. */
  readonly ask?: ((asked: z.infer<typeof askedSchema>) => Promise<void>) | undefined;
}

export interface WorkshopServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port/`, and with the token that opens it. */
  readonly url: string;
  readonly link: string;
  readonly tell: (event: LiveEvent) => void;
}

const askedSchema = z.strictObject({
  lesson: z.string().max(80),
  step: z.string().max(80),
  verb: z.enum(verbs),
  answers: z.record(z.string().max(40), z.string().max(2_000)).optional(),
});

const maxBodyBytes = 64 * 1024;

/** Serves the pages on the loopback interface. Throws `port-taken`. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the handlers share one server and who may ask
export async function serveWorkshop(options: WorkshopServerOptions): Promise<WorkshopServer> {
  const { token, files, view, greeting, ask } = options;
  const stream = openEventStream();
  let port = options.port;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const nonce = randomBytes(16).toString('base64');
    response.setHeader('content-security-policy', pagePolicy(nonce));
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const named = knowsUs(request, port);
    if (named.kind === 'turned away') return turnAway(response, named);
    const url = addressOf(request, port);
    if (url === undefined) return fail(response, 400, 'this address is malformed');
    const given = url.searchParams.get('token');
    if (request.method === 'GET' && url.pathname === '/' && given !== null && sameToken(given, token)) {
      // The token leaves the address bar, the history and every Referer at once.
      response.setHeader('set-cookie', `${cookieName(port)}=${token}; HttpOnly; SameSite=Strict; Path=/`);
      response.writeHead(303, { location: '/' }).end();
      return;
    }
    const entered = mayEnter(request, { token, port });
    if (entered.kind === 'turned away') {
      // Whoever looks at it is a person.
      if (url.pathname === '/' && request.headers.accept?.includes('text/html') === true) {
        return send(response, entered.status, 'text/html; charset=utf-8', closedHtml);
      }
      return turnAway(response, entered);
    }
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /':
        return send(response, 200, 'text/html; charset=utf-8', pageHtml(await view(), nonce));
      case 'GET /page.js':
        return send(response, 200, 'text/javascript; charset=utf-8', files.script);
      case 'GET /page.css':
        return send(response, 200, 'text/css; charset=utf-8', files.style);
      case 'GET /api/state':
        return send(response, 200, 'application/json', JSON.stringify(await view()));
      case 'GET /api/events':
        return stream.add(response, greeting?.());
      case 'POST /api/ask': {
        if (ask === undefined) break;
        const body = await readJsonBody(request);
        if (body instanceof LabError) return fail(response, 400, body.message);
        const asked = askedSchema.safeParse(body);
        if (!asked.success) return fail(response, 400, misshapen(asked.error));
        await ask(asked.data);
        return send(response, 200, 'application/json', JSON.stringify(await view()));
      }
      default:
    }
    if (request.method === 'GET' && (await options.more?.(url.pathname, response)) === true) return;
    fail(response, 404, 'there is nothing here');
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      const error = toLabError(thrown);
      if (response.headersSent) response.destroy();
      else fail(response, error.code === 'internal' ? 500 : 409, error.message, error.hint);
    });
  });
  const { terminals } = options;
  const sockets =
    terminals && serveTerminals(server, () => ({ token, port }), terminals.of, terminals.isLesson);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(options.port, cause)));
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : options.port;
  const url = `http://127.0.0.1:${port}/`;
  return {
    ...{ port, url, link: linkTo(url, token), tell: stream.tell },
    async [Symbol.asyncDispose]() {
      stream[Symbol.dispose]();
      sockets?.[Symbol.dispose]();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function turnAway(
  response: ServerResponse,
  { status, why }: Extract<Verdict, { kind: 'turned away' }>,
): void {
  fail(response, status, why);
}

function fail(response: ServerResponse, status: number, message: string, hint?: string): void {
  send(response, status, 'application/json', JSON.stringify({ error: { message, hint } }));
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}

/** `undefined` unless it is a path of this server: what begins with two slashes names another host. */
function addressOf({ url = '/' }: IncomingMessage, port: number): URL | undefined {
  const whole = `http://127.0.0.1:${port}${url}`;
  return /^\/(?![/\\])/.test(url) && URL.canParse(whole) ? new URL(whole) : undefined;
}

/** The error is a value: whoever sent it is told. */
async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBodyBytes) return new LabError('the request is too long', { code: 'usage' });
    chunks.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    return new LabError(`the request is no JSON: ${messageOf(cause)}`, { code: 'usage', cause });
  }
}

function cannotListen(port: number, cause: Error): LabError {
  return new LabError(`the workbook cannot listen at 127.0.0.1:${port}: ${cause.message}`, {
    code: 'port-taken',
    hint: 'choose another port, or none: the kernel finds a free one',
    cause,
  });
}
