import { readdir, readFile, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { expect } from 'chai';
import { poll } from '../../../lab/deadline.js';
import { openRoom, type Room } from '../../../lab/workshop/room/room.js';
import { type TempFolder, tempFolder } from '../../temp-folder.js';
import { comeBy, type Learner } from '../learner.js';

const { signal } = new AbortController();

const names = ['ada', 'bob', 'cleo'];
const quiet = { port: 0, coresOnly: false, tell: () => {} };

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Not fetch: it would not send a foreign Host or a path with dots, and asks for who signed a certificate. */
function send(url: string, { path = '/', method = 'GET', headers = {}, body }: Sent = {}) {
  const { hostname, port, protocol } = new URL(url);
  const ask = protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const own = { host: hostname, port, path, method, headers, agent: false, rejectUnauthorized: false };
      const sent = ask(own, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    },
  );
}

describe('a class in one process', function () {
  this.timeout(60_000);
  let folder: TempFolder;
  let room: Room;
  let ada: Learner;
  let bob: Learner;
  let secrets: readonly string[];
  const tokenOf = (link: string): string => new URL(link).searchParams.get('token') ?? '';
  const linkOf = (name: string): string => room.guests.find((guest) => guest.name === name)?.link ?? '';

  before(async () => {
    folder = await tempFolder();
    room = await openRoom({ ...quiet, names, dir: folder.path, bind: '127.0.0.1', tls: false }, signal);
    ada = await comeBy(linkOf('ada'));
    bob = await comeBy(linkOf('bob'));
    // What tells of somebody: the token, the folder, the ports of the own servers.
    const session = JSON.parse(await readFile(folder.file('bob/session.json'), 'utf8'));
    secrets = [session.token, folder.file('bob'), ...Object.values(session.ports).map(String)];
  });
  after(async () => {
    await room?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const tellsOfBob = (text: string): string[] => secrets.filter((secret) => text.includes(secret));

  it('gives each person the own workbook, by the own link', async () => {
    expect((await ada.state()).name).to.equal('ada');
    const his = JSON.stringify(await bob.state());
    expect(tellsOfBob(his).length).to.be.above(0);
    expect(tellsOfBob(JSON.stringify(await ada.state()))).to.deep.equal([]);
    const page = await (await ada.get('/')).text();
    expect(page).to.contain('"ada"');
    expect(tellsOfBob(page)).to.deep.equal([]);
  });

  it('lets nobody read what another one has, whatever is asked', async () => {
    const { cookie } = ada;
    const bobs = tokenOf(linkOf('bob'));
    const attempts: readonly Sent[] = [
      ...[
        '/bob/',
        '/bob/session.json',
        '/../bob/session.json',
        '/%2e%2e/bob/session.json',
        '/api/state?name=bob',
      ],
      ...[
        '/desk/',
        '/desk/api/state',
        '/desk/class.csv',
        '/desk/../desk/api/state',
        '//bob/',
        '/.class/links.txt',
      ],
    ].map((path) => ({ path, headers: { cookie } }));
    const more: readonly Sent[] = [
      { path: '/api/state', headers: { cookie, 'x-forwarded-user': 'bob', authorization: 'Bearer bob' } },
      { path: '/api/state', headers: { cookie: `${cookie}; lab-desk-${new URL(room.url).port}=guess` } },
      { path: '/api/state', headers: { cookie: cookie.replace(/=.*/, `=${bobs.slice(0, -1)}`) } },
      { path: '/desk/api/state', headers: { cookie: cookie.replace('guest', 'desk') } },
      { path: '/desk/api/state', headers: { cookie: cookie.replace(/=.*/, `=${tokenOf(room.deskLink)}`) } },
      { path: `/desk/?token=${tokenOf(linkOf('ada'))}`, headers: {} },
      { path: `/?token=${tokenOf(room.deskLink)}`, headers: {} },
    ];
    for (const sent of [...attempts, ...more]) {
      const { status, text, headers } = await send(room.url, sent);
      expect(tellsOfBob(text), JSON.stringify(sent)).to.deep.equal([]);
      expect(text, JSON.stringify(sent)).to.not.contain('"seats"');
      if (status === 200) expect(JSON.parse(text).name, JSON.stringify(sent)).to.equal('ada');
      else expect([400, 403, 404], JSON.stringify(sent)).to.include(status);
      expect(headers['set-cookie'], JSON.stringify(sent)).to.equal(undefined);
    }
  });

  it('does nothing in another one’s folder', async () => {
    const before = await readdir(folder.file('bob'), { recursive: true });
    for (const lesson of ['../bob/01-article', 'bob/01-article', '01-article/../../bob']) {
      const error = await ada.ask(lesson, '01-build', 'restart').then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      expect(error?.message).to.contain('409');
    }
    expect(await readdir(folder.file('bob'), { recursive: true })).to.deep.equal(before);
  });

  it('tells of what happens to the one whom it happens to, and to nobody else', async () => {
    const listen = async (learner: Learner) => {
      const stop = new AbortController();
      const { origin } = new URL(room.url);
      const answer = await fetch(`${origin}/api/events`, {
        headers: { cookie: learner.cookie },
        signal: stop.signal,
      });
      let text = '';
      const reading = (async () => {
        for await (const chunk of answer.body ?? []) text += Buffer.from(chunk as Uint8Array).toString();
      })().catch(() => {});
      return {
        text: () => text,
        async end() {
          stop.abort();
          await reading;
        },
      };
    };
    const [hers, his] = await Promise.all([listen(ada), listen(bob)]);
    await bob.ask('01-article', '01-build', 'hint');
    await bob.ask('01-article', '01-build', 'hint');
    // Hers comes after all that could have been told of him.
    await ada.ask('01-article', '01-build', 'hint');
    const count = (text: string): number => text.split('"changed"').length - 1;
    const told = () => (count(his.text()) >= 4 && count(hers.text()) >= 2 ? true : undefined);
    await poll(told, { signal, deadlineMs: 10_000, everyMs: 20 });
    await Promise.all([hers.end(), his.end()]);
    expect(count(his.text())).to.equal(4);
    expect(count(hers.text())).to.equal(2);
  });

  it('keeps links, tokens and folders from other users of the machine', async () => {
    const mode = async (path: string): Promise<string> =>
      ((await stat(folder.file(path))).mode & 0o777).toString(8);
    for (const name of ['ada', 'bob', '.class', '.class/standings'])
      expect(await mode(name), name).to.equal('700');
    for (const name of ['ada/session.json', '.class/links.txt', '.class/desk.json']) {
      expect(await mode(name), name).to.equal('600');
    }
    const shared = await readFile(join(folder.path, '.class', 'links.txt'), 'utf8');
    expect(shared.trim().split('\n')).to.have.length(3);
  });

  it('is asked by its own name, from its own pages', async () => {
    const { cookie } = ada;
    const { port } = new URL(room.url);
    const statusOf = async (sent: Sent): Promise<number> => (await send(room.url, sent)).status;
    expect(await statusOf({ headers: { cookie, host: `evil.example:${port}` } })).to.equal(421);
    expect(await statusOf({ headers: { cookie, 'sec-fetch-site': 'cross-site' } })).to.equal(403);
    const body = JSON.stringify({ lesson: '01-article', step: '01-build', verb: 'hint' });
    const json = { cookie, 'content-type': 'application/json' };
    for (const headers of [json, { ...json, origin: 'http://evil.example' }]) {
      expect(await statusOf({ method: 'POST', path: '/api/ask', headers, body })).to.equal(403);
    }
  });

  it('slows down who asks without end, and nobody else', async () => {
    const cleo = await comeBy(linkOf('cleo'));
    const began = performance.now();
    const all: Response[] = [];
    // Not all at once: the door has a limit for connections, too.
    for (let i = 0; i < 40 && !all.some(({ status }) => status === 429); i++) {
      const some = await Promise.all(Array.from({ length: 30 }, () => cleo.get('/page.css')));
      await Promise.all(some.map((answer) => answer.arrayBuffer()));
      all.push(...some);
    }
    // 60 at once, and ten more each second, of a machine that may be busy.
    const most = 61 + Math.ceil((performance.now() - began) / 100);
    const statuses = all.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).to.have.length.within(16, most);
    expect(statuses).to.include(429);
    expect(all.find(({ status }) => status === 429)?.headers.get('retry-after')).to.equal('2');
    expect((await ada.get('/api/state')).status).to.equal(200);
  });

  it('lets nobody hold more than some connections that listen', async () => {
    const stop = new AbortController();
    const events = () =>
      fetch(`${room.url}api/events`, { headers: { cookie: bob.cookie }, signal: stop.signal });
    const all = await Promise.all(Array.from({ length: 6 }, events));
    expect(all.map(({ status }) => status).sort()).to.deep.equal([200, 200, 200, 200, 429, 429]);
    stop.abort();
    expect((await bob.get('/api/state')).status).to.equal(200);
  });

  it('tires of strangers before they have guessed anything, and lets in who belongs there', async () => {
    const guesses = await Promise.all(
      Array.from({ length: 50 }, (_, i) => send(room.url, { path: `/?token=${'x'.repeat(31)}${i}` })),
    );
    expect(guesses.filter(({ status }) => status === 403).length).to.be.within(1, 40);
    expect(guesses.filter(({ status }) => status === 429).length).to.be.above(9);
    expect((await ada.get('/api/state')).status).to.equal(200);
    // Cleo may still be slowed down.
    expect((await (await comeBy(linkOf('bob'))).state()).name).to.equal('bob');
  });

  it('keeps links, progress and clock over a restart', async () => {
    const before = room.guests.map(({ link }) => tokenOf(link));
    await room[Symbol.asyncDispose]();
    room = await openRoom({ ...quiet, names, dir: folder.path, bind: '127.0.0.1', tls: false }, signal);
    expect(room.guests.map(({ link }) => tokenOf(link))).to.deep.equal(before);
    const back = await comeBy(linkOf('bob'));
    expect((await back.state()).lessons[0]?.steps[0]?.hints).to.have.length(2);
  });
});

describe('a class over TLS', function () {
  this.timeout(60_000);

  it('marks its cookies for TLS alone, and keeps its certificate', async () => {
    await using folder = await tempFolder();
    const open = () =>
      openRoom({ ...quiet, names: ['ada'], dir: folder.path, bind: '0.0.0.0', tls: true }, signal);
    const first = await open();
    const link = first.guests[0]?.link ?? '';
    try {
      expect(link).to.match(/^https:/);
      const { pathname, search } = new URL(link);
      const opened = await send(link, { path: pathname + search });
      expect(opened.status).to.equal(303);
      expect(String(opened.headers['set-cookie'])).to.match(/; HttpOnly; SameSite=Strict; Path=\/; Secure/);
      const cookie = String(opened.headers['set-cookie']).split(';')[0] ?? '';
      expect((await send(link, { headers: { cookie } })).text).to.contain('"ada"');
    } finally {
      await first[Symbol.asyncDispose]();
    }
    const second = await open();
    await second[Symbol.asyncDispose]();
    expect(second.certificate).to.deep.equal(first.certificate);
    expect(Date.parse(first.certificate?.until ?? '')).to.be.above(Date.now());
  });
});
