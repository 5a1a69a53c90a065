import { expect } from 'chai';
import { interner } from '../../lab/goruntime/interner.js';

const base = 0xc000000000;

describe('numbers of pairs', () => {
  it('stay the same however many there are, also where the low bits agree', () => {
    const { idOf, find } = interner();
    const pairs = Array.from({ length: 5_000 }, (_, i) => [base + i * 2 ** 32, -i] as const);
    for (const [i, [a, b]] of pairs.entries()) expect(idOf(a, b)).to.equal(i);
    for (const [i, [a, b]] of pairs.entries()) expect(find(a, b)).to.equal(i);
    expect(find(base, 7)).to.equal(-1);
  });
});
