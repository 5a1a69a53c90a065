import { readdir, readFile, stat } from 'node:fs/promises';
import { expect } from 'chai';
import { saveRawGoroutines } from '../../lab/delve/raw-goroutines.js';
import { connectRpc } from '../../lab/delve/rpc.js';
import { rpcPeer, writeInChunks } from '../fakes/rpc-peer.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';

const signal = new AbortController().signal;

interface Range {
  readonly Start: number;
  readonly Count: number;
}

/** Answers as Delve does, from `total` goroutines whose labels try to look like the end of the list. */
function page(id: number, { Start, Count }: Range, total: number): string {
  const end = Math.min(Start + Count, total);
  const goroutines = Array.from({ length: end - Start }, (_, index) => ({
    id: Start + index,
    goType: 0,
    labels: { trap: '],"Nextg":5,"ü' },
  }));
  const result = {
    Goroutines: goroutines,
    Nextg: end < total ? end : -1,
    Groups: null,
    TooManyGroups: false,
  };
  return `${JSON.stringify({ id, result, error: null })}\n`;
}

async function save(total: number, pageSize: number, chunk: number) {
  await using folder = await tempFolder();
  await using peer = await rpcPeer(({ id, params }, socket) => {
    const range = params[0] as Range; // the peer's own request, made below
    return writeInChunks(socket, Buffer.from(page(id, range, total)), chunk);
  });
  await using rpc = await connectRpc(peer, { signal });
  const file = folder.file('list_goroutines.json');
  const listing = await saveRawGoroutines(rpc, file, { signal }, pageSize);
  const text = await readFile(file, 'utf8');
  const { mode, size } = await stat(file);
  return { listing, text, mode: mode & 0o777, size, files: await readdir(folder.path) };
}

describe('the raw list of goroutines', () => {
  it('is Delve’s answer byte for byte when one page holds all', async () => {
    const { text, listing, mode, size } = await save(30, 100, 113);
    expect(text).to.equal(page(1, { Start: 0, Count: 100 }, 30));
    expect(listing).to.deep.equal({ bytes: size, pages: 1 });
    expect(mode).to.equal(0o600);
  });

  it('is one valid document when it was made of several pages, cut at any place', async () => {
    for (const [total, pageSize, chunk] of [
      [30, 10, 1],
      [31, 10, 17],
      [29, 7, 64],
      [2, 1, 4096],
    ] as const) {
      const { text, listing, files } = await save(total, pageSize, chunk);
      const parsed = JSON.parse(text);
      expect(parsed.result.Goroutines.map((g: { id: number }) => g.id)).to.deep.equal([
        ...Array(total).keys(),
      ]);
      expect(parsed.result.Nextg).to.equal(-1);
      expect(listing.pages).to.equal(Math.ceil(total / pageSize));
      expect(files).to.deep.equal(['list_goroutines.json']);
    }
  });

  it('leaves no file when Delve refuses or dies', async () => {
    await using folder = await tempFolder();
    await using peer = await rpcPeer(({ id }, socket) => {
      if (id === 1) socket.write(`{"id":1,"result":null,"error":"could not find goroutine array"}\n`);
      else socket.write('{"id":2,"result":{"Goroutines":[{"id":1},', () => socket.destroy());
    });
    await using rpc = await connectRpc(peer, { signal });
    const file = folder.file('list.json');
    const refused = await rejectsWith('undecided', saveRawGoroutines(rpc, file, { signal }));
    expect(refused.message).to.match(/could not find goroutine array/);
    const died = await rejectsWith('undecided', saveRawGoroutines(rpc, file, { signal }));
    expect(died.message).to.match(/during ListGoroutines/);
    expect(await readdir(folder.path)).to.deep.equal([]);
  });
});
