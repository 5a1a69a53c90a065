import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { z } from 'zod';
import { wordRule } from '../../lab/kit/words.js';

/** What the Go twin of the rule is tested with as well. */
const file = resolve(
  fileURLToPath(import.meta.url),
  '../../../../helpers/capture/internal/scrub/testdata/words.json',
);
const words = z.array(z.string().transform((word) => BigInt(`0x${word}`)));
const vectors = z
  .object({
    timeMs: z.number(),
    mapped: words,
    cases: z.array(z.object({ does: z.string(), words, same: words.optional(), left: words })).min(1),
  })
  .parse(JSON.parse(await readFile(file, 'utf8')));

const [from = 0n, to = 0n] = vectors.mapped;
const rule = wordRule((value) => value >= from && value < to, vectors.timeMs);

function bytesOf(all: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(all.length * 8);
  for (const [i, word] of all.entries()) bytes.writeBigUInt64LE(word, i * 8);
  return bytes;
}

const scrubbed = (bytes: Buffer, same?: Buffer): bigint[] => {
  rule.scrub(bytes, same);
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readBigUInt64LE(i * 8));
};

describe('the rule for words', () => {
  for (const { does, words: all, same, left } of vectors.cases) {
    it(does, () => {
      expect(scrubbed(bytesOf(all), same && bytesOf(same))).to.deep.equal(left);
    });
  }

  it('drops text in whichever letters', () => {
    expect(scrubbed(Buffer.from('Authorization: Bearer größe😀....').subarray(0, 32))).to.deep.equal([
      0n,
      0n,
      0n,
      0n,
    ]);
  });
});
