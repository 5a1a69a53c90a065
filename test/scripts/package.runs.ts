import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { projectRoot } from '../../lab/paths.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const dump = join(projectRoot, 'test/fixtures/dumps/go1.25/asleep.txt');

/** The package as npm packs it, unpacked where `npm install` would put it; its dependencies are those of the checkout. */
async function installed(folder: TempFolder): Promise<string> {
  await execa('npm', ['pack', '--pack-destination', folder.path], { cwd: projectRoot });
  const [name = ''] = (await readdir(folder.path)).filter((file) => file.endsWith('.tgz'));
  const modules = folder.file('app/node_modules');
  await mkdir(folder.file('unpacked'));
  await execa('tar', ['-xzf', folder.file(name), '-C', folder.file('unpacked')]);
  await mkdir(folder.file('app/node_modules/.bin'), { recursive: true });
  await execa('mv', [folder.file('unpacked/package'), join(modules, 'go-deadlock-lab')]);
  for (const one of await readdir(join(projectRoot, 'node_modules')))
    if (!one.startsWith('.')) await symlink(join(projectRoot, 'node_modules', one), join(modules, one));
  const bin = join(modules, '.bin', 'go-deadlock-lab');
  await symlink('../go-deadlock-lab/scripts/lab.mjs', bin);
  return bin;
}

describe('the package', function () {
  this.timeout(180_000);
  let folder: TempFolder;
  let bin: string;

  before(async () => {
    folder = await tempFolder();
    bin = await installed(folder);
    await mkdir(folder.file('home'));
  });
  after(async () => await folder[Symbol.asyncDispose]());

  const lab = async (...args: readonly string[]) =>
    await execa(process.execPath, [bin, ...args], {
      cwd: folder.file('app'),
      extendEnv: false,
      env: { HOME: folder.file('home'), PATH: '/nowhere' },
      reject: false,
    });

  it('has what runs and what it needs, and no test and no source of the lab', async () => {
    const root = folder.file('app/node_modules/go-deadlock-lab');
    const files = await readdir(root, { recursive: true });
    expect(files).to.include.members(['LICENSE', 'README.md', 'dist/lab/index.js', 'dist/lab/index.d.ts']);
    expect(files).to.include.members([
      'helpers/facts/main.go',
      'dist/web/report/page.js',
      'go-server/go.mod',
    ]);
    const strange = files.filter((file) =>
      /(?:\.test\.js|_test\.go|\.map)$|^(?:test|lab|scripts\/setup)\b/.test(file),
    );
    expect(strange).to.deep.equal([]);
  });

  it('needs neither a build nor a tool to say what it is, and names its commands as they are typed', async () => {
    expect((await lab('--version')).stdout).to.match(/^\d+\.\d+\.\d+$/);
    const { stdout } = await lab('analyze', '--help');
    expect(stdout).to.contain('go-deadlock-lab analyze').and.not.contain('npx lab');
    const { exitCode, stderr } = await lab('analyze', '--exe', '/nowhere', '--core');
    expect(exitCode).to.equal(64);
    expect(stderr).to.contain('go-deadlock-lab analyze --help');
  });

  it('diagnoses a dump, writes its page and explains, without writing into its own folder', async () => {
    const page = folder.file('page.html');
    const found = await lab('analyze', '--dump', dump, '--html', page);
    expect(found.exitCode).to.equal(1);
    expect(found.stdout)
      .to.match(/^deadlock/)
      .and.contain('go-deadlock-lab analyze --dump');
    expect((await execa('head', ['-c', '15', page])).stdout.toLowerCase()).to.equal('<!doctype html>');
    expect((await lab('analyze', '--explain', 'lock-order')).stdout).to.match(/^lock-order/);
    const runs = await lab('runs', '--json');
    expect([runs.exitCode, runs.stdout]).to.deep.equal([0, '[]']);
    const own = await readdir(folder.file('app/node_modules/go-deadlock-lab'));
    expect(own).to.not.include.members(['.cache']).and.not.include.members(['runs']);
  });
});
