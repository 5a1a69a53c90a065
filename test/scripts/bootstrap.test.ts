import { access, cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import { type SmallProject, smallProject } from './project.js';

const { signal } = new AbortController();
const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe('the set-up', function () {
  this.timeout(60_000);
  let project: SmallProject;
  before(async () => {
    project = await smallProject();
  });
  after(async () => await project[Symbol.asyncDispose]());

  it('builds, becomes the lab with the arguments handed on, and keeps its exit code', async () => {
    const first = await project.run(['lab', 'run', 'blog', '--fixed']);
    expect(first.stderr).to.match(/building \.\.\. \d+ s\nfinding tools \.\.\. \d+ s\n$/);
    expect(JSON.parse(first.stdout)).to.deep.equal({ args: ['run', 'blog', '--fixed'], cwd: project.path });
    expect(first.code).to.equal(3);
  });

  it('is silent when nothing is to be done, and takes `run` for the command that is left out', async () => {
    const { stdout, stderr, code } = await project.run(['lab', '--fixed']);
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 3 });
    expect(JSON.parse(stdout)).to.deep.include({ args: ['run', '--fixed'] });
  });

  it('removes what was compiled from a source that is gone, and restores an output that is missing', async () => {
    await project.write('lab/old.ts', 'export const old = 1;\n');
    await project.run(['lab']);
    expect(await exists(project.file('dist/lab/old.js'))).to.equal(true);
    await rm(project.file('lab/old.ts'));
    await rm(project.file('dist/test/a.test.js'));
    await project.run(['lab']);
    expect(await exists(project.file('dist/lab/old.js'))).to.equal(false);
    expect(await exists(project.file('dist/lab/old.js.map'))).to.equal(false);
    expect(await exists(project.file('dist/test/a.test.js'))).to.equal(true);
  });

  it("stops with the compiler's words when the sources do not compile", async () => {
    await project.write('lab/broken.ts', "export const n: number = 'text';\n");
    const { stdout, stderr, code } = await project.run(['lab']);
    expect({ code, stdout }).to.deep.equal({ code: 70, stdout: '' });
    expect(stderr).to.include('lab/broken.ts(1,14)').and.include('-> ');
    await rm(project.file('lab/broken.ts'));
    expect((await project.run(['lab'])).code).to.equal(3);
  });

  it('builds a page again when it has changed, and says what is wrong with one that cannot be built', async () => {
    await cp(join(projectRoot, 'lab/web/vite.config.mjs'), project.file('lab/web/vite.config.mjs'));
    await project.write('lab/web/demo/style.css', 'main { color: light-dark(#000, #fff); }\n');
    const page = (text: string) =>
      project.write('lab/web/demo/main.tsx', `import './style.css';\ndocument.title = '${text}';\n`);
    await page('one');
    expect((await project.run(['lab'])).stderr).to.match(/^building \.\.\. \d+ s\n/);
    expect(await readFile(project.file('dist/web/demo/page.js'), 'utf8')).to.contain('one');
    expect(await readFile(project.file('dist/web/demo/page.css'), 'utf8')).to.contain('light-dark(');
    expect((await project.run(['lab'])).stderr).to.equal('');
    await page('another');
    await project.run(['lab']);
    expect(await readFile(project.file('dist/web/demo/page.js'), 'utf8')).to.contain('another');
    await project.write('lab/web/demo/main.tsx', 'const = ;\n');
    const broken = await project.run(['lab']);
    expect(broken.code).to.equal(70);
    expect(broken.stderr).to.include('main.tsx').and.include('-> fix what Vite names');
    await rm(project.file('lab/web'), { recursive: true });
    expect((await project.run(['lab'])).code).to.equal(3);
  });

  it('stops with the command to type and exit code 69 when a tool is missing', async () => {
    await rm(project.file('.cache/toolchain.json'), { force: true });
    const { stderr, code } = await project.run(['lab'], { NO_TOOLS: '1' });
    expect(code).to.equal(69);
    expect(stderr).to.include('gdb is not installed\n-> apt-get install -y gdb\n');
    expect((await project.run(['lab', 'doctor'], { NO_TOOLS: '1' })).code).to.equal(3);
  });

  it('is done once when two begin at once', async () => {
    await rm(project.file('dist'), { recursive: true });
    const both = await Promise.all([project.run(['lab', 'run', 'a']), project.run(['lab', 'run', 'b'])]);
    expect(both.map(({ code }) => code)).to.deep.equal([3, 3]);
    expect(both.filter(({ stderr }) => stderr.includes('building ...'))).to.have.length(1);
    expect(await exists(project.file('.cache/setup.lock'))).to.equal(false);
  });

  it('breaks the lock of a set-up that was killed', async () => {
    await rm(project.file('dist'), { recursive: true });
    await project.write('.cache/setup.lock', JSON.stringify([{ pid: 2 ** 22 + 1, startTicks: 1 }]));
    const { stderr, code } = await project.run(['lab']);
    expect(code).to.equal(3);
    expect(stderr).not.to.include('waiting');
    expect(await exists(project.file('.cache/setup.lock'))).to.equal(false);
  });

  it('refuses a job that it does not know', async () => {
    expect((await project.run(['nonsense'])).code).to.equal(64);
  });
});

describe('npm test', function () {
  this.timeout(60_000);
  let project: SmallProject;
  before(async () => {
    project = await smallProject();
    const source = `
      it('fails when told so', () => { if (process.env['FAIL']) throw new Error('told so'); });
      (process.env['SKIP'] ? it.skip : it)('is skipped when told so', () => {});
      it('hangs when told so', async () => {
        if (process.env['HANG']) { console.log('hanging'); await new Promise((r) => setTimeout(r, 15000)); }
      });`;
    await project.write('test/b.test.ts', source);
  });
  after(async () => await project[Symbol.asyncDispose]());

  const summaryOf = async (
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
    job = 'test',
  ) => {
    const file = project.file('summary.json');
    const { code } = await project.run([job, ...args], { ...env, LAB_TEST_SUMMARY: file });
    const counts: unknown = JSON.parse(await readFile(file, 'utf8'));
    return { code, counts };
  };

  it('counts what passed', async () => {
    expect(await summaryOf({})).to.deep.equal({ code: 0, counts: { passed: 4, failed: 0, skipped: 0 } });
  });

  it('fails with the number of tests that failed', async () => {
    expect(await summaryOf({ FAIL: '1' })).to.deep.equal({
      code: 1,
      counts: { passed: 3, failed: 1, skipped: 0 },
    });
  });

  it('lets a test be skipped, except in CI', async () => {
    const skipped = { passed: 3, failed: 0, skipped: 1 };
    expect(await summaryOf({ SKIP: '1' })).to.deep.equal({ code: 0, counts: skipped });
    const { code, counts } = await summaryOf({ SKIP: '1', CI: 'true' });
    expect(code).not.to.equal(0);
    expect(counts).to.deep.include({ passed: 3, failed: 1 });
  });

  it('counts a file that does not load as a failure', async () => {
    await project.write('test/c.test.ts', "throw new Error('does not load');\n");
    const { code, counts } = await summaryOf({});
    expect(code).not.to.equal(0);
    expect(counts).to.deep.equal({ passed: 0, failed: 1, skipped: 0 });
    await rm(project.file('test/c.test.ts'));
  });

  it('runs only the files that are named', async () => {
    const { counts } = await summaryOf({}, ['dist/test/a.test.js']);
    expect(counts).to.deep.equal({ passed: 1, failed: 0, skipped: 0 });
  });

  it('counts the tests of files that run side by side, and those of every tier', async () => {
    for (const name of ['a', 'b', 'c'])
      await project.write(
        `test/${name}.cores.ts`,
        `it('passes', () => {}); it('fails', () => { if (process.env['FAIL'] === '${name}') throw new Error(); });`,
      );
    expect(await summaryOf({}, [], 'test:cores')).to.deep.equal({
      code: 0,
      counts: { passed: 6, failed: 0, skipped: 0 },
    });
    expect(await summaryOf({ FAIL: 'b' }, [], 'test:cores')).to.deep.equal({
      code: 1,
      counts: { passed: 5, failed: 1, skipped: 0 },
    });
    expect(await summaryOf({}, [], 'test:all')).to.deep.equal({
      code: 0,
      counts: { passed: 10, failed: 0, skipped: 0 },
    });
    await project.write('test/c.cores.ts', "throw new Error('does not load');\n");
    const { code, counts } = await summaryOf({}, [], 'test:cores');
    expect(code).not.to.equal(0);
    expect(counts).to.include({ failed: 1 });
  });

  it('says how long each file took, when it is asked', async () => {
    const LAB_TEST_DURATIONS = project.file('durations.json');
    await summaryOf({ LAB_TEST_DURATIONS });
    const seconds: unknown = JSON.parse(await readFile(LAB_TEST_DURATIONS, 'utf8'));
    expect(seconds).to.have.keys('dist/test/a.test.js', 'dist/test/b.test.js');
  });

  it('ends the tests and leaves with 130 when it is interrupted', async () => {
    const { child, ended, output } = project.start(['test'], { HANG: '1' });
    const hanging = await poll(() => output().includes('hanging') || undefined, {
      signal,
      deadlineMs: 20_000,
      everyMs: 50,
    });
    expect(hanging).to.equal(true);
    child.kill('SIGINT');
    expect((await ended).code).to.equal(130);
  });
});
