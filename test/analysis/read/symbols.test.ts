import { expect } from 'chai';
import { delveSymbols, type Symbols } from '../../../lab/analysis/read/symbols.js';
import type { DelveClient } from '../../../lab/delve/client.js';

const options = { signal: new AbortController().signal, timeoutMs: 1_000 };
const waiting = 4;
const running = 2;

/** A Delve that shows such a stack of every goroutine. */
function showing(functions: readonly string[]): DelveClient {
  const frames = functions.map((name, i) => ({
    ...{ pc: i + 1, file: 'proc.go', line: i + 1, function: { name }, FrameOffset: i * -8 },
  }));
  return { stacktrace: () => Promise.resolve(frames) } as unknown as DelveClient;
}

async function stackOf(functions: readonly string[], status: number, asLeft?: Symbols) {
  const symbols = delveSymbols(showing(functions), () => Promise.resolve(asLeft));
  const goroutine = { id: 7, pcs: [], address: 0x1000, status };
  const { frames } = await symbols.stack({ goroutine, index: 0, tooFar: false }, options);
  return frames.map(({ index, function: name }) => `${index} ${name}`);
}

describe('the stack of a goroutine', () => {
  const own = ['runtime.gopark', 'runtime.chanrecv', 'main.work', 'runtime.goexit'];

  it('leaves out what its thread still did for it when it began to wait', async () => {
    const parking = ['runtime.casgstatus', 'runtime.park_m', 'runtime.mcall', ...own];
    const wanted = own.map((name, i) => `${i + 3} ${name}`);
    expect(await stackOf(parking, waiting)).to.deep.equal(wanted);
    expect(await stackOf(own, waiting)).to.deep.equal(own.map((name, i) => `${i} ${name}`));
  });

  it('is all there while it runs', async () => {
    const parking = ['runtime.park_m', 'runtime.mcall', ...own];
    expect(await stackOf(parking, running)).to.have.length(parking.length);
  });

  it('is the one that it left, when its thread is just about to go on with it', async () => {
    const given = ['gogo', 'runtime.execute', 'runtime.schedule', 'runtime.park_m', 'runtime.mcall'];
    const frames = own.map((name, index) => ({ index, function: name, file: '', line: 0 }));
    const asLeft = { stack: () => Promise.resolve({ frames, limits: [] }) } as unknown as Symbols;
    expect(await stackOf(given, running, asLeft)).to.deep.equal(own.map((name, i) => `${i} ${name}`));
    expect(await stackOf(given, running)).to.have.length(given.length);
  });
});
