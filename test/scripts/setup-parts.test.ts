import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { z } from 'zod';
import { projectRoot } from '../../lab/paths.js';
import { tempFolder } from '../temp-folder.js';

const load = (name: string) => import(pathToFileURL(join(projectRoot, 'scripts', 'setup', name)).href);

const lockSchema = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({ optionalDependencies: z.record(z.string(), z.string()).optional() }),
  ),
});

describe('the parts of the set-up', () => {
  it('locks the optional packages of every platform, without which `npm ci` refuses', async () => {
    const text = await readFile(join(projectRoot, 'package-lock.json'), 'utf8');
    const { packages } = lockSchema.parse(JSON.parse(text));
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`${path}/node_modules/${name}` in packages) && !(`node_modules/${name}` in packages),
      ),
    );
    expect(missing).to.deep.equal([]);
  });

  it('tells installed packages from missing, outdated and half-installed ones', async () => {
    const { packagesAreFresh } = await load('node-packages.mjs');
    await using folder = await tempFolder();
    const a = { version: '1.0.0', integrity: 'sha512-a' };
    const write = async (path: string, packages: object) =>
      await writeFile(folder.file(path), JSON.stringify({ packages }));
    await write('package-lock.json', {
      '': {},
      'node_modules/a': a,
      'node_modules/other-os': { ...a, optional: true },
    });
    expect(packagesAreFresh(folder.path)).to.equal(false);
    await mkdir(folder.file('node_modules'));
    expect(packagesAreFresh(folder.path)).to.equal(false);
    await write('node_modules/.package-lock.json', { 'node_modules/a': a });
    expect(packagesAreFresh(folder.path)).to.equal(true);
    await write('node_modules/.package-lock.json', { 'node_modules/a': { ...a, version: '0.9.0' } });
    expect(packagesAreFresh(folder.path)).to.equal(false);
  });

  it('does not empty a folder of packages that it only has a link to', async () => {
    const { installPackages } = await load('node-packages.mjs');
    await using folder = await tempFolder();
    await mkdir(folder.file('elsewhere'));
    await writeFile(folder.file('elsewhere/kept'), '');
    await mkdir(folder.file('project'));
    await symlink(folder.file('elsewhere'), folder.file('project/node_modules'));
    const refused = await installPackages(folder.file('project'), new AbortController().signal).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).to.include({ exitCode: 69 });
    expect(await readdir(folder.file('elsewhere'))).to.deep.equal(['kept']);
  });

  it('tests each Go module that is there, each by all of its build tags', async () => {
    const { goFlavours } = await load('go-tests.mjs');
    await using folder = await tempFolder();
    const seen = () =>
      goFlavours(folder.path).map((one: { folder: string; tags: string }) => [
        relative(folder.path, one.folder),
        one.tags,
      ]);
    expect(seen()).to.deep.equal([]);
    for (const module of ['go-server', 'helpers/capture', 'helpers/facts']) {
      await mkdir(folder.file(module), { recursive: true });
      await writeFile(folder.file(`${module}/go.mod`), 'module example.com/m\n');
    }
    expect(seen()).to.deep.equal([
      ['go-server', ''],
      ['go-server', 'fixed'],
      ['helpers/capture', ''],
      ['helpers/facts', ''],
    ]);
  });

  it("counts Go's tests and shows the output of those that fail", async () => {
    const { goTestCounter } = await load('go-tests.mjs');
    const shown: string[] = [];
    const { counts, onLine } = goTestCounter((text: string) => shown.push(text));
    const events = [
      { Action: 'run', Package: 'p', Test: 'TestA' },
      { Action: 'pass', Package: 'p', Test: 'TestA' },
      { Action: 'output', Package: 'p', Test: 'TestB', Output: 'b_test.go:5: wrong\n' },
      { Action: 'fail', Package: 'p', Test: 'TestB' },
      { Action: 'skip', Package: 'p', Test: 'TestC' },
      { Action: 'output', Package: 'p', Output: 'FAIL\tp\t0.1s\n' },
      { Action: 'fail', Package: 'p' },
    ];
    for (const event of events) onLine(JSON.stringify(event));
    onLine('not JSON: the compiler speaks');
    expect(counts).to.deep.equal({ passed: 1, failed: 1, skipped: 1 });
    expect(shown.join('\n'))
      .to.include('b_test.go:5: wrong')
      .and.include('FAIL\tp')
      .and.include('the compiler speaks');
  });
});
