import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { findModule } from '../../lab/source/find-module.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const trimmed = { mainModule: 'example.com/App', mainVersion: '', settings: { '-trimpath': 'true' } };

describe('the module of a program that records no folder', () => {
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await tempFolder();
    await mkdir(folder.file('app/cmd'), { recursive: true });
    await writeFile(folder.file('app/go.mod'), '// mine\nmodule example.com/App // the app\n\ngo 1.19\n');
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  it('is where the command was typed, or above', async () => {
    for (const cwd of ['app', 'app/cmd'])
      expect(await findModule(trimmed, { cwd: folder.file(cwd), env: {} })).to.deep.equal({
        from: 'example.com/App',
        to: folder.file('app'),
      });
  });

  it('is in the cache of modules, by its version', async () => {
    const to = folder.file('cache/example.com/!app@v1.2.3');
    await mkdir(to, { recursive: true });
    const env = { GOMODCACHE: folder.file('cache') };
    const released = { ...trimmed, mainVersion: 'v1.2.3' };
    const found = await findModule(released, { cwd: folder.path, env });
    expect(found).to.deep.equal({ from: 'example.com/App@v1.2.3', to });
    expect(await findModule({ ...released, mainVersion: 'v1.2.4' }, { cwd: folder.path, env })).to.equal(
      undefined,
    );
  });

  it('is not looked for where the program says where it was built, and no other is taken', async () => {
    const options = { cwd: folder.file('app'), env: {} };
    expect(await findModule({ ...trimmed, settings: {} }, options)).to.equal(undefined);
    expect(await findModule({ ...trimmed, mainModule: 'example.com/other' }, options)).to.equal(undefined);
  });
});
