import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect } from 'chai';
import { type Carried, unpackCarried } from '../../lab/toolchain/carried.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const program = Buffer.from('#!/bin/sh\necho here\n');

async function packageIn(folder: TempFolder, sha256?: string) {
  const carried = folder.file('carried');
  const list: Carried = {
    go: 'go1.26.8',
    programs: (['amd64', 'arm64'] as const).map((architecture) => ({
      ...{ kind: 'delve', architecture, entry: `delve-1.2.3-${architecture}`, path: 'bin/dlv' },
      file: 'dlv.br',
      sha256: sha256 ?? createHash('sha256').update(program).digest('hex'),
    })),
  };
  await mkdir(carried);
  await writeFile(join(carried, 'dlv.br'), brotliCompressSync(program));
  await writeFile(join(carried, 'carried.json'), JSON.stringify(list));
  return { folder: carried, cache: folder.file('cache'), architecture: 'amd64' };
}

describe('the programs that a package carries', () => {
  it('come into the cache once, as they were built, for this architecture and of this kind', async () => {
    await using folder = await tempFolder();
    const options = await packageIn(folder);
    await unpackCarried('facts', options);
    await unpackCarried('delve', options);
    expect(await readdir(options.cache)).to.deep.equal(['delve-1.2.3-amd64']);
    const path = join(options.cache, 'delve-1.2.3-amd64/bin/dlv');
    expect(await readFile(path)).to.deep.equal(program);
    const { mode, ino } = await stat(path);
    expect(mode & 0o111).to.equal(0o111);
    await unpackCarried('delve', options);
    expect((await stat(path)).ino).to.equal(ino);
  });

  it('are refused when they are damaged, and nothing of them is left', async () => {
    await using folder = await tempFolder();
    const options = await packageIn(folder, 'f'.repeat(64));
    const error = await rejectsWith('internal', unpackCarried('delve', options));
    expect(error.message).to.contain('is damaged');
    expect(await readdir(options.cache)).to.deep.equal([]);
  });

  it('are none in a checkout', async () => {
    await using folder = await tempFolder();
    await unpackCarried('delve', { cache: folder.file('cache'), folder: folder.file('nothing') });
    expect(await readdir(folder.path)).to.deep.equal([]);
  });
});
