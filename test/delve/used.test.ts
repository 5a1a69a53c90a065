import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { delveUsed } from '../../lab/delve/used.js';
import { tempFolder } from '../temp-folder.js';

const version = {
  ...{ DelveVersion: 'Version: 1.27.2\nBuild: $Id$', APIVersion: 2, Backend: '', TargetGoVersion: '' },
  ...{ MinSupportedVersionOfGo: '', MaxSupportedVersionOfGo: '' },
};

describe('the Delve that read a core', () => {
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });

  it('is told with its path, and whether that is what `dlv` starts', async () => {
    await using folder = await tempFolder();
    await mkdir(folder.file('first'));
    await mkdir(folder.file('own tools'));
    const own = folder.file('own tools/dlv');
    await writeFile(own, '#!/bin/sh\n');
    await chmod(own, 0o755);
    const session = { argv: [own, 'core'], version, pid: process.pid };
    process.env['PATH'] = `${folder.file('missing')}:${folder.file('first')}`;
    expect(delveUsed(session)).to.deep.equal({ version: '1.27.2', path: own, onPath: false });
    await symlink(own, folder.file('first/dlv'));
    expect(delveUsed(session)).to.deep.equal({ version: '1.27.2', path: own, onPath: true });
    await mkdir(folder.file('missing/dlv'), { recursive: true });
    expect(delveUsed(session)).to.deep.include({ onPath: true });
  });

  it('has no path where it was on another machine', () => {
    expect(delveUsed({ argv: ['/usr/bin/dlv'], version, pid: undefined })).to.deep.equal({
      ...{ version: '1.27.2', onPath: false },
    });
  });
});
