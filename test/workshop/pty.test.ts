import { connect } from 'node:net';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { poll } from '../../lab/deadline.js';
import { openPty, ptyWays } from '../../lab/workshop/terminal/pty.js';
import { tempFolder } from '../temp-folder.js';
import { lesson, visit } from './visit.js';
import { startWorkshop } from './workshop-process.js';

const { signal } = new AbortController();
/** Asks for a WebSocket at a path that no client would take; returns what comes back. */
async function upgrade(server: string, path: string): Promise<string> {
  const { hostname, port, host } = new URL(server);
  const socket = connect(Number(port), hostname);
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`,
  );
  let said = '';
  for await (const chunk of socket) said += String(chunk);
  return said;
}

const soon = { signal, deadlineMs: 20_000, everyMs: 20 };

describe('a terminal in the page', function () {
  this.timeout(60_000);

  for (const way of ptyWays) {
    it(`is a real one, of its size, and ends when it is hung up: by ${way}`, async () => {
      let printed = '';
      let ended = false;
      const pty = await openPty(
        {
          argv: ['bash', '--norc', '-i'],
          ...{ cwd: '/', size: { cols: 91, rows: 17 } },
          onData: (text) => {
            printed += text;
          },
          onEnd: () => {
            ended = true;
          },
        },
        [way],
      );
      pty.write('stty size; tty; pwd\r');
      const seen = await poll(
        () => (/17 91[\s\S]*\/dev\/pts\/\d+\r\n\//.test(printed) ? true : undefined),
        soon,
      );
      expect(seen, printed).to.equal(true);
      pty.end();
      expect(await poll(() => (ended ? true : undefined), soon)).to.equal(true);
    });
  }

  it('opens for who has the link and comes from the page, and for nobody else', async () => {
    await using folder = await tempFolder();
    await using workshop = await startWorkshop(['--dir', folder.path, '--name', 'ada']);
    const { ask, cookie } = await visit(workshop);
    await ask('01-build', 'prepare');
    const origin = workshop.url.slice(0, -1);
    const address = `${workshop.url.replace('http', 'ws')}api/terminal?number=1&cols=80&rows=24&lesson=`;
    const attempt = (url: string, headers: Readonly<Record<string, string>>): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(url, { headers });
        socket.on('message', (bytes) => {
          socket.terminate();
          resolve(String(bytes));
        });
        socket.on('error', (error) => resolve(error.message));
      });
    const refused = [
      [lesson, { origin }],
      [lesson, { cookie }],
      [lesson, { cookie, origin: 'http://example.org' }],
      [lesson, { cookie: `${cookie}x`, origin }],
    ] as const;
    for (const [name, headers] of refused)
      expect(await attempt(`${address}${name}`, headers), JSON.stringify(headers)).to.contain('403');
    // Of nobody who may enter, and no address at all.
    expect(await upgrade(workshop.url, 'http://[')).to.match(/^HTTP\/1\.1 403 /);
    for (const name of ['..', 'no-lesson', '..%2F..'])
      expect(await attempt(`${address}${name}`, { cookie, origin })).to.contain('400');
    expect(await attempt(`${address}05-unknown-core`, { cookie, origin })).to.contain('not prepared yet');
    expect(await attempt(`${address}${lesson}`, { cookie, origin })).to.contain('"type":"data"');
  });
});
