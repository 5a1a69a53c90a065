import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { goServerFolder, projectRoot } from '../../lab/paths.js';

const vagrantFolder = join(projectRoot, 'vagrant');

async function sources(): Promise<readonly { name: string; text: string }[]> {
  const entries = await readdir(vagrantFolder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths
      .filter((path) => !path.includes('/.vagrant/'))
      .map(async (path) => ({ name: relative(vagrantFolder, path), text: await readFile(path, 'utf8') })),
  );
}

const isShell = ({ name, text }: { name: string; text: string }) =>
  name.endsWith('.sh') || text.startsWith('#!/bin/sh');

describe('the scripts of the virtual machine', () => {
  it('are shell that a plain sh reads', async () => {
    const shells = (await sources()).filter(isShell);
    expect(shells.length).to.be.greaterThan(10);
    for (const { name } of shells) await execa('sh', ['-n', join(vagrantFolder, name)]);
  });

  it('are Ruby that parses', async function () {
    const rubies = (await sources()).filter(({ name }) => name === 'Vagrantfile' || name.endsWith('.rb'));
    expect(rubies.length).to.be.greaterThan(3);
    const checked = await execa('ruby', ['-c', ...rubies.map(({ name }) => join(vagrantFolder, name))], {
      reject: false,
    });
    if (checked.code === 'ENOENT') return this.skip(); // needs ruby
    expect(checked.exitCode, checked.stderr).to.equal(0);
  });

  it('name at the top of the Vagrantfile every variable that they read', async () => {
    const all = await sources();
    const top = all.find(({ name }) => name === 'Vagrantfile')?.text.split('\nrequire_relative')[0] ?? '';
    const read = all
      .filter(({ name }) => name.startsWith('lib/'))
      .flatMap(({ text }) => text.match(/(?<=')LAB_[A-Z0-9_]+(?=')/g) ?? []);
    expect(read.length).to.be.greaterThan(5);
    for (const name of read) expect(top).to.match(new RegExp(`^#   ${name} `, 'm'));
  });

  it('build the box from no archive of their own choice', async () => {
    for (const { name, text } of await sources()) {
      if (name.startsWith('box/')) expect(text, name).to.not.match(/https?:\/\//);
    }
  });

  it('compile beforehand every package of the standard library that the programs import', async function () {
    const list = await execa('go', ['list', '-f', '{{join .Imports "\\n"}}', './...'], {
      cwd: goServerFolder,
      env: { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false' },
      reject: false,
    });
    if (list.code === 'ENOENT') return this.skip(); // needs go
    const imports = new Set(list.stdout.split('\n').filter((path) => path !== '' && !path.includes('.')));
    const warmed = (await readFile(join(vagrantFolder, 'box/warm-packages.txt'), 'utf8')).trim().split('\n');
    expect(warmed).to.include.members([...imports]);
  });
});
