import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { projectRoot } from '../../lab/paths.js';
import type { TargetProcess } from '../../lab/targets/target.js';
import { buildHung, goTools, startHung } from '../hung-program.js';
import { lab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

describe('a process of a user', function () {
  this.timeout(180_000);
  let folder: TempFolder;
  let dir: string;
  let exe: string;
  let server: TargetProcess;
  let said: string;

  before(async function () {
    const [go] = await goTools(signal);
    if (go === undefined) return this.skip();
    folder = await tempFolder();
    exe = await buildHung(go.path, folder, 'depot');
    server = await startHung(exe, folder, signal);
    dir = folder.file("it's my core");
    const captured = await lab(['capture', '--pid', `${server.identity.pid}`, '-o', dir]);
    expect(captured.exitCode, captured.stderr).to.equal(0);
    said = captured.stdout;
  });

  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it('is analysed by the command that its capture prints, as it stands, blanks in its paths and all', async () => {
    const command = said.replace(
      /^captured \(process stopped for \S+ ms\); analyse it: npx lab/,
      `node "${projectRoot}/dist/scripts/lab.js"`,
    );
    const { exitCode, stdout, stderr } = await execa('bash', ['-c', command], { reject: false });
    expect(exitCode, stderr).to.equal(1);
    expect(stdout).to.match(/^deadlock\[/);
  });

  it('is not captured over an earlier capture, of itself or of another process: nothing of that is lost', async () => {
    const names = await readdir(dir);
    const before = await Promise.all(names.map((name) => hashOf(`${dir}/${name}`)));
    await using other = await startHung(exe, folder, signal);
    for (const { pid } of [server.identity, other.identity]) {
      const { exitCode, stderr } = await lab(['capture', '--pid', `${pid}`, '-o', dir]);
      expect(exitCode).to.equal(64);
      // Lines are as wide as the path of the temporary folder lets them be.
      expect(stderr.replaceAll(/\s+/g, ' '))
        .to.contain('exists already')
        .and.contain('choose another folder with -o');
    }
    expect(await readdir(dir)).to.deep.equal(names);
    expect(await Promise.all(names.map((name) => hashOf(`${dir}/${name}`)))).to.deep.equal(before);
  });

  it('that is none leaves no folder behind', async () => {
    const { exitCode } = await lab(['capture', '--pid', '99999999', '-o', folder.file('none/at/all')]);
    expect(exitCode).to.equal(69);
    expect(existsSync(folder.file('none'))).to.equal(false);
  });

  it('is diagnosed all the same when a file cannot be written afterwards', async function () {
    const core = `${dir}/core.${server.identity.pid}`;
    const files = ['--exe', `${dir}/server`, '--core', core];
    // Whoever may not write there is told so before the analysis.
    if (process.getuid?.() !== 0) return this.skip();
    for (const option of ['--members', '--html']) {
      const { exitCode, stdout, stderr } = await lab(['analyze', ...files, option, '/proc/none']);
      expect(exitCode).to.equal(64);
      expect(stdout).to.match(/^deadlock\[/);
      expect(stderr).to.contain('cannot be written to /proc/none').and.contain('choose another file');
    }
    const asked = await lab(['analyze', ...files, '--members', '/proc/none', '--json']);
    expect(asked.exitCode).to.equal(64);
    expect(JSON.parse(asked.stdout), 'one document').to.include({ verdict: 'deadlock' });
  });

  it('is not even looked at when a file is sure not to be written', async () => {
    const files = ['--exe', `${dir}/server`, '--core', `${dir}/core.${server.identity.pid}`];
    await mkdir(folder.file('folder'));
    for (const file of [folder.file('no/such/page.html'), folder.file('folder')]) {
      const { exitCode, stdout } = await lab(['analyze', ...files, '--html', file]);
      expect([exitCode, stdout]).to.deep.equal([64, '']);
    }
  });
});
