import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import { cookieName } from '../../lab/workshop/server/guard.js';
import { serveWorkshop, type WorkshopServer } from '../../lab/workshop/server/http-server.js';
import type { WorkbookView } from '../../lab/workshop/view.js';

const token = 'a-token-that-nobody-guesses';
const view: WorkbookView = { kind: 'workbook', version: 1, name: '</script><b>', lessons: [] };
const asks = { lesson: '01-article', step: '01-build', verb: 'check' };

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

describe('the server of the workbook', () => {
  let server: WorkshopServer;
  const asked: unknown[] = [];

  before(async () => {
    const files = { script: Buffer.from('"script"'), style: Buffer.from('style{}') };
    const ask = async (one: unknown) => {
      asked.push(one);
    };
    server = await serveWorkshop({ port: 0, token, files, view: async () => view, ask });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    asked.length = 0;
  });

  /** Not fetch: it would not send a foreign Host or a path with dots. */
  const send = ({ method = 'GET', path = '/', headers = {}, body }: Sent) =>
    new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const own = { host: `127.0.0.1:${server.port}`, cookie: `${cookieName(server.port)}=${token}` };
      const all = Object.entries({ ...own, ...headers }).filter(([, value]) => value !== undefined);
      const sent = httpRequest(
        { host: '127.0.0.1', port: server.port, method, path, headers: Object.fromEntries(all) },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  const json = { 'content-type': 'application/json' };
  const post = (headers: Sent['headers'], body = JSON.stringify(asks)) =>
    send({
      method: 'POST',
      path: '/api/ask',
      headers: { ...json, origin: `http://127.0.0.1:${server.port}`, ...headers },
      body,
    });

  it('tells a person who came without the link where it is, and nothing else', async () => {
    const headers = { cookie: undefined, accept: 'text/html,*/*;q=0.8' };
    const { status, text } = await send({ headers });
    expect(status).to.equal(403);
    expect(text).to.contain('<h1>').and.not.contain(token);
    expect(await send({ path: '/api/state', headers })).to.include({ status: 403 });
  });

  it('opens by its link, which leaves the token in a cookie that no script reads', async () => {
    const opened = await send({ path: `/?token=${token}`, headers: { cookie: undefined } });
    expect(opened.status).to.equal(303);
    expect(opened.headers['location']).to.equal('/');
    expect(String(opened.headers['set-cookie'])).to.match(/HttpOnly; SameSite=Strict/);
    const page = await send({});
    expect(page.status).to.equal(200);
    expect(page.text).to.not.contain(token);
    expect(page.text).to.not.contain('</script><b>');
    expect(String(page.headers['content-security-policy']))
      .to.contain("default-src 'none'")
      .and.not.contain('unsafe');
  });

  it('does what a page of its own asks', async () => {
    expect((await post({})).status).to.equal(200);
    expect(asked).to.deep.equal([asks]);
  });

  const hostile: readonly (readonly [string, () => Promise<{ status: number }>, number])[] = [
    ['no token', () => send({ headers: { cookie: undefined } }), 403],
    ['a wrong token in the link', () => send({ path: '/?token=guess', headers: { cookie: undefined } }), 403],
    [
      'a wrong token in the cookie',
      () => send({ path: '/api/state', headers: { cookie: `${cookieName(server.port)}=guess` } }),
      403,
    ],
    [
      'the cookie of another workbook',
      () => send({ path: '/api/state', headers: { cookie: `${cookieName(1)}=${token}` } }),
      403,
    ],
    [
      'a name that was made to lead here (DNS rebinding)',
      () => send({ headers: { host: `evil.example:${server.port}` } }),
      421,
    ],
    ['another port in the name', () => send({ headers: { host: '127.0.0.1:1' } }), 421],
    ['a page of another origin', () => post({ origin: 'http://evil.example' }), 403],
    ['a page of another port', () => post({ origin: 'http://127.0.0.1:1' }), 403],
    ['a page without an origin', () => post({ origin: undefined }), 403],
    ['a page that hides its origin', () => post({ origin: 'null' }), 403],
    ['a form, which needs no leave of anybody', () => post({ 'content-type': 'text/plain' }), 403],
    [
      'an image on another site',
      () => send({ path: '/api/state', headers: { 'sec-fetch-site': 'cross-site' } }),
      403,
    ],
    [
      'events for another site',
      () => send({ path: '/api/events', headers: { 'sec-fetch-site': 'same-site' } }),
      403,
    ],
    ['a path that leaves the folder', () => send({ path: '/../../package.json' }), 404],
    ['a path that leaves it in code', () => send({ path: '/%2e%2e/%2e%2e/etc/passwd' }), 404],
    ['a file that is no page', () => send({ path: '/session.json' }), 404],
    ['a verb that does not exist', () => post({}, JSON.stringify({ ...asks, verb: 'format' })), 400],
    ['more than was asked for', () => post({}, JSON.stringify({ ...asks, path: '/etc' })), 400],
    ['what is no JSON', () => post({}, '{'), 400],
    [
      'a body without an end',
      () => post({}, JSON.stringify({ ...asks, answers: { a: 'x'.repeat(100_000) } })),
      400,
    ],
    ...[
      '//',
      '//evil.example/',
      '/\\evil.example',
      '*',
      'x',
      'http://[',
      `http://127.0.0.1/?token=${token}`,
    ].flatMap((path) =>
      ['GET', 'POST', 'OPTIONS'].map(
        (method) => [`${method} ${path}`, () => send({ method, path }), 400] as const,
      ),
    ),
    ['an address with broken escapes', () => send({ path: '/%zz%' }), 404],
    ['an address of zeros', () => send({ path: '/%00' }), 404],
  ];
  for (const [what, act, status] of hostile) {
    it(`turns away ${what}`, async () => {
      expect((await act()).status).to.equal(status);
      expect(asked).to.deep.equal([]);
    });
  }

  it('listens on the loopback interface alone', () => {
    expect(server.url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });
});
