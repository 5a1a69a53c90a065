import { mkdir } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { expectRow } from './expect-row.js';
import { labCommand, shell } from './shell.js';

describe('a machine', function () {
  this.timeout(120_000);
  let folder: TempFolder;

  before(async () => {
    folder = await tempFolder();
    for (const name of ['disk', 'exe']) await mkdir(folder.file(name));
  });
  after(() => folder[Symbol.asyncDispose]());

  /** In a mount namespace of its own, with a disk that may only be read. */
  const onReadOnlyDisk = async (words: string) => {
    const disk = folder.file('disk');
    const lines = [
      `mount -t tmpfs -o size=1m none '${disk}'`,
      `mkdir '${disk}/runs' '${disk}/cache' '${disk}/tmp'`,
      `mount -o remount,ro '${disk}'`,
      `LAB_RUNS='${disk}/runs' ${words}`,
    ];
    return await shell(`unshare --mount bash -c "$(cat <<'END'\n${lines.join(' &&\n')}\nEND\n)"`);
  };
  const mayMount = async () =>
    process.getuid?.() === 0 && !(await execa('unshare', ['--mount', 'true'], { reject: false })).failed;

  it('whose folders may only be read is told so by the doctor, for each of them', async function () {
    if (!(await mayMount())) return this.skip();
    const disk = folder.file('disk');
    const variables = `LAB_CACHE='${disk}/cache' TMPDIR='${disk}/tmp'`;
    expectRow('doctor-read-only', await onReadOnlyDisk(`${variables} ${labCommand} doctor`));
  });

  it('whose runs may only be read has no run', async function () {
    if (!(await mayMount())) return this.skip();
    for (const command of ['run', 'provision gossip', 'regress --only gossip'])
      expectRow('run-read-only', await onReadOnlyDisk(`${labCommand} ${command} --quiet`));
  });

  it('without a temporary folder says so', async () => {
    const missing = folder.file('not/there');
    const { stdout, stderr } = await shell(`TMPDIR='${missing}' ${labCommand} doctor`);
    expect(stdout, stderr).to.match(/MISSING +temporary folder +\S+ does not exist/);
    for (const words of ['run gossip', 'analyze --exe a --core b', 'capture --pid 1', 'workshop'])
      expectRow('tmpdir-missing', await shell(`TMPDIR='${missing}' ${labCommand} ${words}`));
    const { exitCode } = await shell(`TMPDIR='${missing}' ${labCommand} scenarios`);
    expect(exitCode).to.equal(0);
  });
});
