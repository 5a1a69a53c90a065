import { access, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { installInto } from '../../lab/toolchain/cache.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';

const isWhole = async (folder: string): Promise<boolean> =>
  await access(join(folder, 'tool')).then(
    () => true,
    () => false,
  );
const fillWith =
  (text: string) =>
  async (folder: string): Promise<void> =>
    await writeFile(join(folder, 'tool'), text);

describe('installing into the cache', () => {
  it('leaves nothing when it fails in the middle', async () => {
    await using cache = await tempFolder();
    const fail = async (folder: string): Promise<void> => {
      await writeFile(join(folder, 'half'), '');
      throw new Error('disk full');
    };
    const seen = await installInto(cache.path, 'x', fail, isWhole).catch((error: unknown) => String(error));
    expect(seen).to.equal('Error: disk full');
    expect(await readdir(cache.path)).to.deep.equal([]);
  });

  it('refuses an install that returned and made nothing usable', async () => {
    await using cache = await tempFolder();
    await rejectsWith(
      'internal',
      installInto(cache.path, 'x', async () => {}, isWhole),
    );
    expect(await readdir(cache.path)).to.deep.equal([]);
  });

  it('keeps one whole folder when two install at once', async () => {
    await using cache = await tempFolder();
    const [a, b] = await Promise.all([
      installInto(cache.path, 'x', fillWith('a'), isWhole),
      installInto(cache.path, 'x', fillWith('b'), isWhole),
    ]);
    expect(a).to.equal(b);
    expect(await readFile(join(a, 'tool'), 'utf8')).to.match(/^[ab]$/);
    expect(await readdir(cache.path)).to.deep.equal(['x']);
  });

  it('replaces a broken folder', async () => {
    await using cache = await tempFolder();
    await mkdir(cache.file('x'));
    await writeFile(join(cache.file('x'), 'rest'), '');
    const folder = await installInto(cache.path, 'x', fillWith('a'), isWhole);
    expect(await readdir(folder)).to.deep.equal(['tool']);
    expect(await readdir(cache.path)).to.deep.equal(['x']);
  });

  it('removes what a killed install left long ago, and no running one', async () => {
    await using cache = await tempFolder();
    await mkdir(cache.file('.staging-old'));
    await mkdir(cache.file('.staging-new'));
    await utimes(cache.file('.staging-old'), 1, 1);
    await installInto(cache.path, 'x', fillWith('a'), isWhole);
    expect((await readdir(cache.path)).sort()).to.deep.equal(['.staging-new', 'x']);
  });
});
