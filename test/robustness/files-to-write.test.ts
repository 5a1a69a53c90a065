import { link, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { lab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { expectRow } from './expect-row.js';
import { labCommand, shell } from './shell.js';

const content = 'what must not be lost';

describe('a file that is to be written', function () {
  this.timeout(60_000);
  let folder: TempFolder;
  let files: readonly string[];
  let exe: string;
  let core: string;

  beforeEach(async () => {
    folder = await tempFolder();
    [exe, core] = [folder.file('server'), folder.file('core')];
    files = ['--exe', exe, '--core', core];
    for (const file of [exe, core, folder.file('run.json')]) await writeFile(file, content);
    await mkdir(folder.file('sub'));
    await symlink(folder.path, folder.file('sub/here'));
    await link(core, folder.file('hard'));
    await symlink(core, folder.file('soft'));
  });
  afterEach(async () => {
    for (const file of [exe, core]) expect(await readFile(file, 'utf8')).to.equal(content);
    expect(await readdir(folder.path)).to.have.members(['server', 'core', 'run.json', 'sub', 'hard', 'soft']);
    await folder[Symbol.asyncDispose]();
  });

  for (const option of ['--html', '--members']) {
    for (const name of ['core', 'server', 'hard', 'soft', 'sub/here/core', 'sub/../core']) {
      it(`is not ${name}, which ${option} names and which is read`, async () => {
        const path = `${folder.path}/${name}`;
        expectRow('html-is-input', await lab(['analyze', ...files, option, path]));
      });
    }
  }

  it('is not one for both the report and the list', async () => {
    for (const [html, members] of [
      ['new', 'new'],
      ['new', 'sub/here/new'],
    ] as const) {
      const options = ['--html', folder.file(html), '--members', folder.file(members)];
      expectRow('html-is-members', await lab(['analyze', ...files, ...options]));
    }
  });

  it('is not what stdout goes to', async () => {
    const analyze = `${labCommand} analyze --exe "${exe}" --core "${core}"`;
    for (const json of ['', '--json'])
      expectRow('stdout-is-input', await shell(`${analyze} ${json} >> "${core}"`));
    await using other = await tempFolder();
    const page = other.file('page');
    expectRow('html-is-stdout', await shell(`${analyze} --html "${page}" > "${page}"`));
  });

  it('is none of a run but its reports', async () => {
    const run = ['analyze', '--run', folder.path, '--html'];
    expectRow('html-in-run', await lab([...run, folder.file('run.json')]));
    const { stderr } = await lab([...run, folder.file('report.html')]);
    expect(stderr).not.to.contain('overwrite');
  });

  it('is not both a report and a baseline of a regression', async () => {
    const junit = ['regress', '--junit', exe];
    for (const option of ['--baseline', '--save-baseline'])
      expectRow('junit-is-baseline', await lab([...junit, option, exe]));
  });
});
