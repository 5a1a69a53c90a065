import { expect } from 'chai';
import { wordRule } from '../../lab/kit/words.js';

const time = Date.UTC(2026, 10, 23);
const rule = wordRule((value) => value >= 0xc000000000 && value < 0xc000100000, time);

function scrubbed(...words: readonly (bigint | string)[]): bigint[] {
  const bytes = Buffer.alloc(words.length * 8);
  for (const [i, word] of words.entries()) {
    if (typeof word === 'string') bytes.write(word, i * 8, 'utf8');
    else bytes.writeBigUInt64LE(word, i * 8);
  }
  rule.scrub(bytes);
  return words.map((_, i) => bytes.readBigUInt64LE(i * 8));
}

describe('the rule for words', () => {
  it('keeps addresses, plain numbers, flags, simple fractions and clock readings', () => {
    const wall = 2n ** 63n + BigInt(time / 1000 + 2_682_288_000) * 2n ** 30n + 123_456_789n;
    const kept = [
      0n,
      1n,
      0xc000001000n,
      1_000_265_122n,
      2n ** 64n - 1n,
      0x0000000100000003n,
      0xffffffff00000001n,
    ];
    const more = [0x0101000101010001n, 0x3ff8000000000000n, wall, BigInt(time) * 1_000_000n];
    expect(scrubbed(...kept, ...more)).to.deep.equal([...kept, ...more]);
  });

  it('drops text, however it lies and in whichever letters, and what beside it may be its end', () => {
    expect(scrubbed('Authoriz', 'ation: B', 'earer', 0n, 'größe😀')).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    expect(scrubbed('password', 'abc', 0n, 7n)).to.deep.equal([0n, 0n, 0n, 7n]);
    expect(scrubbed(0x6f66000000000000n | 0x0000726568746100n, 0n)).to.deep.equal([0n, 0n]);
  });

  it('drops numbers that may be keys', () => {
    expect(scrubbed(0x9f86d081884c7d65n, 0x2ad5b1f03c9e7744n)).to.deep.equal([0n, 0n]);
  });
});
