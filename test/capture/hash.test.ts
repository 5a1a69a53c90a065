import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { copySparse } from '../../lab/capture/hash.js';
import { tempFolder } from '../temp-folder.js';

describe('a copy of a core', () => {
  it('is sparse, with the same bytes, wherever the data lies', async () => {
    await using folder = await tempFolder();
    const block = 4 << 20;
    const data = Buffer.alloc(3 * block + 12_345);
    for (const at of [0, 16_383, 16_384, block - 1, block, 2 * block + 100_000, data.length - 1])
      data[at] = 7;
    for (const [name, bytes] of Object.entries({
      data,
      hole: Buffer.alloc(block + 5),
      small: data.subarray(0, 9),
      none: data.subarray(0, 0),
    })) {
      const [from, to] = [folder.file(`${name}.from`), folder.file(`${name}.to`)];
      await writeFile(from, bytes);
      const hash = await copySparse(from, to, new AbortController().signal);
      expect((await readFile(to)).equals(bytes), name).to.equal(true);
      expect(hash).to.equal(createHash('sha256').update(bytes).digest('hex'));
      const { blocks, mode } = await stat(to);
      expect(blocks * 512).to.be.at.most(8 * 16_384);
      expect(mode & 0o777).to.equal(0o600);
    }
  });
});
