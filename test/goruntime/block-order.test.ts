import { expect } from 'chai';
import { orderByBlock, placementOf } from '../../lab/goruntime/block-order.js';
import type { RuntimeLayout } from '../../lab/goruntime/layout.js';
import { memoryOf } from '../fakes/memory.js';

const base = 0xc000000000;
const g = { waiting: 24, bp: 40 };

describe('the order of reading', () => {
  /** What `u64` finds of goroutines that lie where they are said to, their stacks right behind them. */
  const placed = (count: number, addressOf: (i: number) => number) => {
    const list = 2 ** 46;
    const words = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const at = addressOf(i);
      words.set(list + 8 * i, at);
      words.set(at + g.bp, at + 1024);
      words.set(at + g.waiting, base - 128 * i);
    }
    const layout = { allgs: { base: list, length: count }, g } as unknown as RuntimeLayout;
    return placementOf({ ...memoryOf(Buffer.alloc(0), base), u64: (at) => words.get(at) }, layout, 32);
  };

  it('is that of the list where goroutines lie side by side, also in a few places by turns', () => {
    expect(placed(20_000, (i) => base + 2048 * i)).to.equal('orderly');
    expect(placed(20_000, (i) => base + (i % 3) * 2 ** 30 + 2048 * i)).to.equal('orderly');
  });

  it('is that of the addresses where goroutines lie anywhere, and takes a large cache in between', () => {
    expect(placed(20_000, (i) => base + ((i * 7919) % 20_000) * 65_536)).to.equal('scattered');
    expect(placed(20_000, (i) => base + (i % 40) * 2 ** 30 + 64 * i)).to.equal('loose');
    expect(placed(2_000, (i) => base + 2048 * i)).to.equal('loose');
  });

  it('puts what lies in the same block side by side, and loses nothing', () => {
    const addresses = Float64Array.from({ length: 2_000 }, (_, i) => base + ((i * 7919) % 2_000) * 16_384);
    const indexes = Uint32Array.from(addresses, (_, i) => i);
    const ordered = new Uint32Array(2_000);
    orderByBlock(addresses, indexes, 2_000, ordered);
    const blocks = [...ordered].map((i) => Math.floor((addresses[i] ?? 0) / 65_536));
    expect(blocks).to.deep.equal(blocks.toSorted((a, b) => a - b));
    expect(new Set(ordered).size).to.equal(2_000);
  });
});
