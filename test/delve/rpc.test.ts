import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { connectRpc } from '../../lab/delve/rpc.js';
import { answer, rpcPeer, type Script, writeInChunks } from '../fakes/rpc-peer.js';
import { rejectsWith } from '../rejects.js';

const signal = new AbortController().signal;

async function connected(script: Script) {
  const peer = await rpcPeer(script);
  const rpc = await connectRpc(peer, { signal });
  return {
    peer,
    rpc,
    async [Symbol.asyncDispose]() {
      await rpc[Symbol.asyncDispose]();
      await peer[Symbol.asyncDispose]();
    },
  };
}

describe('the connection to Delve', () => {
  it('sends JSON-RPC 1.0 with one argument and gets the result', async () => {
    await using talk = await connected(
      ({ id }, socket) => void socket.write(answer(id, { Sources: ['a.go'] })),
    );
    const seen = await talk.rpc.call('ListSources', { Filter: 'a' }, { signal });
    expect(seen).to.deep.equal({ kind: 'answered', result: { Sources: ['a.go'] } });
    expect(talk.peer.requests[0]).to.deep.equal({
      method: 'RPCServer.ListSources',
      params: [{ Filter: 'a' }],
      id: 1,
    });
  });

  it('understands answers cut at any byte, with characters of several bytes', async () => {
    for (const size of [1, 2, 3, 7]) {
      await using talk = await connected(({ id }, socket) =>
        writeInChunks(socket, Buffer.from(answer(id, { text: 'ä{📦}"\\' })), size),
      );
      const seen = await talk.rpc.call('Eval', {}, { signal });
      expect(seen).to.deep.equal({ kind: 'answered', result: { text: 'ä{📦}"\\' } });
    }
  });

  it('matches answers that arrive in another order, several in one chunk', async () => {
    const ids: number[] = [];
    await using talk = await connected(({ id }, socket) => {
      ids.push(id);
      if (ids.length === 3)
        socket.write(
          ids
            .reverse()
            .map((n) => answer(n, n * 10))
            .join(''),
        );
    });
    const seen = await Promise.all([1, 2, 3].map(() => talk.rpc.call('State', {}, { signal })));
    expect(seen.map((one) => (one.kind === 'answered' ? one.result : one))).to.deep.equal([10, 20, 30]);
  });

  it('returns a refusal as a value', async () => {
    await using talk = await connected(
      ({ id }, socket) => void socket.write(`{"id":${id},"result":null,"error":"unknown goroutine 7"}\n`),
    );
    const seen = await talk.rpc.call('Stacktrace', { Id: 7 }, { signal });
    expect(seen).to.deep.equal({ kind: 'refused', message: 'unknown goroutine 7' });
  });

  it('parses numbers above 2^53, rounded, and goes on', async () => {
    await using talk = await connected(({ id }, socket) => {
      socket.write(`{"id":${id},"result":{"base":18446744073709551615,"addr":824634393056},"error":null}`);
    });
    const seen = await talk.rpc.call('Eval', {}, { signal });
    expect(seen).to.deep.equal({ kind: 'answered', result: { base: 2 ** 64, addr: 824634393056 } });
  });

  it('rejects all open calls as undecided when the peer dies in the middle of an answer', async () => {
    await using talk = await connected(({ id }, socket) => {
      if (id === 2) socket.write(answer(2, 'x'.repeat(1000)).slice(0, 500), () => socket.destroy());
    });
    const [first, second] = await Promise.all([
      rejectsWith('undecided', talk.rpc.call('Eval', {}, { signal })),
      rejectsWith('undecided', talk.rpc.call('Stacktrace', {}, { signal })),
    ]);
    expect(first.message).to.match(/during Eval$/);
    expect(second.message).to.match(/during Stacktrace$/);
    expect(second.hint).to.be.a('string');
    const later = await rejectsWith('undecided', talk.rpc.call('State', {}, { signal }));
    expect(later.message).to.match(/Delve/);
  });

  it('says so when the peer sends something else than JSON', async () => {
    await using talk = await connected((_, socket) => void socket.write('HTTP/1.1 400 Bad Request'));
    const error = await rejectsWith('undecided', talk.rpc.call('State', {}, { signal }));
    expect(error.message).to.match(/expected a JSON object.*during State/);
  });

  it('gives up a call that is not answered in time, drops its late answer, and stays usable', async () => {
    const held: (() => void)[] = [];
    await using talk = await connected(({ id }, socket) => {
      if (id === 1) held.push(() => socket.write(answer(1, 'late')));
      else socket.write(answer(id, 'prompt'));
    });
    const error = await rejectsWith(
      'undecided',
      talk.rpc.call('ListGoroutines', {}, { signal, timeoutMs: 50 }),
    );
    expect(error.message).to.equal('Delve did not answer ListGoroutines within 0.05 s');
    for (const release of held) release();
    expect(await talk.rpc.call('State', {}, { signal })).to.deep.equal({
      kind: 'answered',
      result: 'prompt',
    });
  });

  it('ends a call with `interrupted` when its signal aborts', async () => {
    const controller = new AbortController();
    await using talk = await connected(() => undefined);
    const call = rejectsWith('interrupted', talk.rpc.call('Eval', {}, { signal: controller.signal }));
    await poll(() => talk.peer.requests[0], { signal, deadlineMs: 5000, everyMs: 5 });
    controller.abort();
    await call;
  });

  it('streams the raw bytes of an answer beside a call that is answered as usual', async () => {
    const body = Buffer.from(answer(1, { Goroutines: 'ä'.repeat(200_000) }));
    await using talk = await connected(async ({ id }, socket) => {
      if (id !== 2) return;
      await writeInChunks(socket, body, 10_007);
      socket.write(answer(2, 'beside'));
    });
    const chunks: Buffer[] = [];
    const sink = async (bytes: Buffer): Promise<void> => void chunks.push(Buffer.from(bytes));
    const [, beside] = await Promise.all([
      talk.rpc.stream('ListGoroutines', {}, sink, { signal }),
      talk.rpc.call('State', {}, { signal }),
    ]);
    expect(Buffer.concat(chunks).equals(body)).to.equal(true);
    expect(beside).to.deep.equal({ kind: 'answered', result: 'beside' });
  });

  it('rejects the stream alone when its sink fails', async () => {
    await using talk = await connected(({ id }, socket) => void socket.write(answer(id, 'x'.repeat(100))));
    const failing = async (): Promise<void> => {
      throw new Error('disk full');
    };
    const outcome = await talk.rpc.stream('ListGoroutines', {}, failing, { signal }).catch(String);
    expect(outcome).to.equal('Error: disk full');
    expect(await talk.rpc.call('State', {}, { signal })).to.have.property('kind', 'answered');
  });

  it('reads an answer of 40 MB whole', async () => {
    const text = 'x'.repeat(40 << 20);
    await using talk = await connected(({ id }, socket) => void socket.write(answer(id, text)));
    const seen = await talk.rpc.call('ListGoroutines', {}, { signal });
    expect(seen.kind === 'answered' && seen.result === text).to.equal(true);
  });

  it('cannot connect where nobody listens, and says so', async () => {
    const peer = await rpcPeer(() => undefined);
    await peer[Symbol.asyncDispose]();
    const error = await rejectsWith('undecided', connectRpc(peer, { signal }));
    expect(error.message).to.match(/cannot connect to Delve at 127\.0\.0\.1/);
  });
});
