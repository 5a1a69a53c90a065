import { appendFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { z } from 'zod';
import { projectRoot } from '../../lab/paths.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const catalogueSchema = z.object({
  name: z.string(),
  versions: z.tuple([
    z.object({
      version: z.string().regex(/^1\.0\.\d+$/),
      providers: z.tuple([
        z.looseObject({ url: z.string(), checksum: z.string(), checksum_type: z.literal('sha256') }),
      ]),
    }),
  ]),
});

describe('the cache of offline boxes', function () {
  this.timeout(60_000);
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await tempFolder();
    await cp(join(projectRoot, 'vagrant/box'), folder.file('box'), { recursive: true });
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  const build = (...args: string[]) => execa(folder.file('box/build.sh'), args, { reject: false });

  it('knows a box by everything that it is built from', async function () {
    const key = async (...args: string[]) => {
      const { exitCode, stdout, stderr } = await build(
        '--key',
        '--variant',
        'user',
        '--suite',
        'bookworm',
        ...args,
      );
      if (exitCode === 69) this.skip(); // needs dpkg and Vagrant's keys
      expect(exitCode, stderr).to.equal(0);
      expect(stdout).to.match(/^[a-z]+-[a-z0-9]+-(root|user)-[0-9a-f]{16}$/);
      return stdout;
    };
    const first = await key();
    expect(await key()).to.equal(first);
    await writeFile(folder.file('sources'), 'deb file:///nowhere bookworm main\n');
    const seen = new Set([
      first,
      await key('--suite', 'trixie'),
      await key('--sources', folder.file('sources')),
    ]);
    expect(seen.size).to.equal(3);
    const inputs = (await readdir(folder.file('box'))).filter((name) => /\.(sh|txt)$/.test(name));
    for (const input of inputs) {
      await appendFile(folder.file(`box/${input}`), '\n# changed\n');
      const next = await key();
      expect(seen, input).to.not.include(next);
      seen.add(next);
    }
  });

  it('names where the box lies, also after it was moved, to a place with a space', async () => {
    for (const place of ['cache', 'a stick']) {
      await mkdir(folder.file(place));
      await writeFile(folder.file(`${place}/debian.box`), 'a box');
      await execa('sh', ['-c', 'sha256sum debian.box > box.sha256'], { cwd: folder.file(place) });
      const { stdout } = await execa(folder.file('box/catalogue.sh'), [folder.file(place)]);
      expect(stdout).to.equal(folder.file(`${place}/catalogue.json`));
      const [version] = catalogueSchema.parse(JSON.parse(await readFile(stdout, 'utf8'))).versions;
      const [provider] = version.providers;
      expect(provider.url).to.equal(`file://${folder.path}/${place.replace(' ', '%20')}/debian.box`);
      expect(await readFile(folder.file(`${place}/box.sha256`), 'utf8')).to.equal(
        `${provider.checksum}  debian.box\n`,
      );
    }
  });

  it('holds nothing of a build that failed', async function () {
    await writeFile(folder.file('sources'), 'deb [trusted=yes] file:///nowhere bookworm main\n');
    const cache = folder.file('cache');
    const args = [
      '--cache',
      cache,
      '--suite',
      'bookworm',
      '--variant',
      'user',
      '--sources',
      folder.file('sources'),
    ];
    const { exitCode, stdout, stderr } = await build(...args);
    if (exitCode === 69) return this.skip(); // needs mmdebstrap and the others that it names
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 70, stdout: '' });
    expect(stderr).to.match(/installing packages failed: exit \d+\n-> /);
    expect((await readdir(cache)).filter((name) => !name.endsWith('.lock'))).to.deep.equal([]);
  });

  it('tells wrong arguments from a machine that lacks something', async () => {
    const wrong = [
      ['--variant', 'other'],
      ['--cache'],
      ['--nonsense'],
      ['--cache', '/nowhere', '--sources', '/nowhere/x'],
    ];
    for (const args of wrong) {
      const { exitCode, stderr } = await build(...args);
      expect(exitCode, args.join(' ')).to.equal(64);
      expect(stderr).to.include('\n-> ');
    }
  });
});
