import { existsSync } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { bundleFolder } from '../../lab/capture/bundle-folder.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

describe('the folder of a bundle', () => {
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await tempFolder();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  it('is for its owner alone, and is gone with what was made above it when nothing came into it', async () => {
    {
      await using made = await bundleFolder(folder.file('a/b'), 12);
      expect(made.dir).to.equal(folder.file('a/b'));
      expect((await stat(made.dir)).mode & 0o777).to.equal(0o700);
    }
    expect(existsSync(folder.file('a'))).to.equal(false);
  });

  it('stays when something came into it, or when it was there before', async () => {
    await mkdir(folder.file('old'));
    for (const name of ['old', 'new']) {
      await using made = await bundleFolder(folder.file(name), 12);
      if (name === 'new') await writeFile(`${made.dir}/core.12`, '');
    }
    expect(await readdir(folder.path)).to.have.members(['old', 'new']);
  });

  for (const name of ['server', 'bundle.json', 'core.12']) {
    it(`is refused where ${name} of another capture lies`, async () => {
      await writeFile(folder.file(name), 'kept');
      const error = await rejectsWith('usage', bundleFolder(folder.path, 12));
      expect(error.message).to.equal(`${folder.file(name)} exists already`);
      expect(error.hint).to.contain('choose another folder with -o');
      expect(await readdir(folder.path)).to.deep.equal([name]);
    });
  }

  it('may hold anything else', async () => {
    await writeFile(folder.file('notes.txt'), '');
    await using made = await bundleFolder(folder.path, 12);
    expect(made.dir).to.equal(folder.path);
  });
});
