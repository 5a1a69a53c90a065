import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { expect } from 'chai';
import { openPlayer, type Player, type Round } from '../../lab/drive/schedule.js';
import type { Step } from '../../lab/scenarios/drive.js';

const { signal } = new AbortController();
const never = new AbortController().signal;

type Answer = (request: IncomingMessage, response: ServerResponse, log: string[]) => void;

/** A real server that keeps a log of what reached it, in order. */
async function serving(answer: Answer) {
  const log: string[] = [];
  const server: Server = createServer((request, response) => {
    log.push(`${request.method} ${request.url}`);
    answer(request, response, log);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    log,
    origin,
    player: (steps: readonly Step[], withinMs = 5_000): Player =>
      openPlayer({ origin, pprofUrl: origin, drive: { steps, withinMs } }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const play = async (player: Player, stop: AbortSignal = never): Promise<Round> =>
  await player.play(1, stop, signal);

const answered = { kind: 'answered' } as const;

describe('a schedule of requests', () => {
  it('does each step when the one before has its condition, and says how long it took', async () => {
    await using server = await serving((_, response) => response.end('ok'));
    using player = server.player([
      { kind: 'request', method: 'PUT', path: '/first', body: ['1'], until: answered },
      { kind: 'request', method: 'GET', path: '/then', count: 3, until: answered },
      { kind: 'request', method: 'DELETE', path: '/last', until: { kind: 'all-answered' } },
    ]);
    const { end, steps } = await play(player);
    expect(end).to.deep.equal({ kind: 'played' });
    expect(server.log).to.deep.equal(['PUT /first', 'GET /then', 'GET /then', 'GET /then', 'DELETE /last']);
    expect(steps.map(({ held }) => held)).to.deep.equal([true, true, true]);
    expect(steps[1]?.text).to.equal('3 times GET /then, until it is answered');
  });

  it('sends a body in parts, so that a handler stays in the middle of it', async () => {
    const parts: string[] = [];
    await using server = await serving((request, response) => {
      if (request.url === '/look') return void response.end(parts.join(''));
      request.on('data', (chunk) => parts.push(String(chunk)));
      request.on('end', () => response.end());
    });
    using player = server.player([
      {
        kind: 'request',
        id: 'slow',
        method: 'POST',
        path: '/',
        body: ['a', 'b', 'c'],
        until: { kind: 'sent' },
      },
      { kind: 'request', method: 'GET', path: '/look', until: answered },
      { kind: 'send-more', of: 'slow', until: { kind: 'sent' } },
      { kind: 'send-more', of: 'slow', until: answered },
    ]);
    expect((await play(player)).end).to.deep.equal({ kind: 'played' });
    expect(parts.join('')).to.equal('abc');
  });

  it('waits for the beginning of a stream, and hangs up on it', async () => {
    await using server = await serving((request, response, log) => {
      response.write(': welcome\n\n');
      request.on('close', () => log.push('gone'));
    });
    using player = server.player([
      { kind: 'request', id: 'stream', method: 'GET', path: '/', until: { kind: 'streaming' } },
      { kind: 'hang-up', of: 'stream', until: { kind: 'all-answered' } },
    ]);
    expect((await play(player)).end).to.deep.equal({ kind: 'played' });
  });

  it('looks at the goroutines until one waits where it should, and until none is there', async () => {
    let looks = 0;
    await using server = await serving((request, response) => {
      if (request.url?.startsWith('/debug/pprof/goroutine') !== true) return void response.end();
      looks += 1;
      const state = looks === 1 ? 'runnable' : 'chan send';
      response.end(looks < 4 ? `goroutine 3 [${state}]:\nmain.work(0x1)\n\t/src/main.go:3 +0x1d\n` : '');
    });
    using player = server.player([
      { kind: 'request', method: 'POST', path: '/', until: { kind: 'parked', in: 'main.work' } },
      { kind: 'request', method: 'POST', path: '/', until: { kind: 'left', function: 'main.work' } },
    ]);
    expect((await play(player)).end).to.deep.equal({ kind: 'played' });
    expect(looks).to.equal(4);
  });

  it('is broken by a condition that does not hold in time, and says which', async () => {
    await using server = await serving(() => {});
    using player = server.player([{ kind: 'request', method: 'GET', path: '/', until: answered }], 100);
    const { end, steps } = await play(player);
    expect(end).to.deep.equal({ kind: 'broken', why: 'it is answered: not within 0.1 s' });
    expect(steps.map(({ held }) => held)).to.deep.equal([false]);
  });

  it('is broken at once by an error of the server, or a connection that is cut', async () => {
    await using server = await serving((request, response) => {
      if (request.url === '/cut') request.socket.destroy();
      else response.writeHead(503).end();
    });
    for (const [path, why] of [
      ['/busy', /answered with 503/],
      ['/cut', /a request failed: /],
    ] as const) {
      using player = server.player([{ kind: 'request', method: 'GET', path, until: answered }]);
      const { end } = await play(player);
      expect(end).to.include({ kind: 'broken' });
      expect(end.kind === 'broken' ? end.why : '').to.match(why);
    }
  });

  it('stops where it is when its caller has seen enough, and throws when it is interrupted', async () => {
    await using server = await serving(() => {});
    using player = server.player([{ kind: 'request', method: 'GET', path: '/', until: answered }]);
    const enough = new AbortController();
    const playing = play(player, enough.signal);
    enough.abort();
    expect((await playing).end).to.deep.equal({ kind: 'stopped' });
    const thrown = await player.play(2, never, AbortSignal.abort()).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(Error);
  });

  it('closes the connections of the round before, and all of them at the end', async () => {
    const open = new Set<IncomingMessage>();
    await using server = await serving((request) => {
      open.add(request);
      request.on('close', () => open.delete(request));
    });
    const player = server.player([{ kind: 'request', method: 'GET', path: '/', until: { kind: 'sent' } }]);
    for (let round = 1; round <= 3; round += 1) await player.play(round, never, signal);
    player[Symbol.dispose]();
    while (open.size > 0 || server.log.length < 1) await new Promise((resolve) => setImmediate(resolve));
  });
});
